"""Tieout's own HTTP API as the command line calls it: the Day Zero dialect."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.connection import Connection

TIMEOUT_SECONDS = 60.0
"""Longer than the api function may run, so that its own answer arrives first."""

FOLLOW_SECONDS_MAX = 900.0
"""How long a command follows a workflow before it tells the person to look later."""

LOOK_SECONDS = 0.4
"""Between two looks at a reconciliation that is being worked on."""

PAGE = 500

WORKING = ("pending", "processing")


class Refused(RuntimeError):
    """The API refused a request.

    Args:
        status: HTTP status.
        detail: What the API said is wrong.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


class Client:
    """One connection to a deployment.

    Args:
        connection: Which deployment, as whom.
    """

    def __init__(self, connection: Connection) -> None:
        headers = {
            "authorization": f"Bearer {connection.token}",
            "x-business-id": connection.business_id,
        }
        if connection.host_header:
            headers["host"] = connection.host_header
        self._base = f"{connection.base_url}/api/v1"
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """GET a path of the dialect."""
        return self._read(self._http.get(self._base + path, params=_given(query)))

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        """POST JSON to a path of the dialect, with an idempotency key where one is given."""
        headers = {"idempotency-key": key} if key else {}
        return self._read(self._http.post(self._base + path, json=body or {}, headers=headers))

    def delete(self, path: str) -> None:
        """DELETE a path of the dialect."""
        self._read(self._http.delete(self._base + path))

    def upload(self, file: Path, **fields: Any) -> Any:
        """Upload a statement and open its reconciliation."""
        return self._read(
            self._http.post(
                f"{self._base}/reconciliations/upload",
                files={"file": (file.name, file.read_bytes())},
                data=_given(fields),
            )
        )

    def import_statement(self, ledger_id: str, file: Path) -> Any:
        """Import a statement without reconciling it, in the AQNT dialect."""
        return self._read(
            self._http.post(
                self._base.removesuffix("/api/v1") + "/v1/bank-reconciliation/import",
                files={"file": (file.name, file.read_bytes())},
                data={"account_id": ledger_id},
            )
        )

    def put_presigned(self, url: str, file: Path) -> None:
        """PUT a file to a presigned address, as a stream."""
        with file.open("rb") as content:
            answer = httpx.put(
                url,
                content=content,
                headers={"content-length": str(file.stat().st_size)},
                timeout=TIMEOUT_SECONDS,
                trust_env=False,
            )
        if answer.is_error:
            raise Refused(answer.status_code, "The bucket refused the upload.")

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield every page of a listing."""
        cursor = None
        while True:
            page = self.get(path, limit=PAGE, cursor=cursor, **query)
            yield page
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def matches(self, reconciliation_id: str) -> dict[str, list[Any]]:
        """Return everything there is to review of a reconciliation."""
        names = ("matches", "ambiguous", "unmatched_statement_txns", "unmatched_ledger_txns")
        whole: dict[str, list[Any]] = {name: [] for name in names}
        for page in self.pages(f"/reconciliations/{reconciliation_id}/matches"):
            for name in names:
                whole[name] += page[name]
        return whole

    def follow(
        self,
        reconciliation_id: str,
        looked: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Return a reconciliation once the machine is done with it, telling of every look.

        Raises:
            TimeoutError: It is still being worked on after ``FOLLOW_SECONDS_MAX``.
        """
        deadline = time.monotonic() + FOLLOW_SECONDS_MAX
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.get(f"/reconciliations/{reconciliation_id}")
            looked(found)
            if found["status"] not in WORKING:
                return found
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"Reconciliation {reconciliation_id} is still {found['status']}.")

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise Refused(answer.status_code, _detail(answer))
        return answer.json() if answer.content else None


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text[:500]
    if isinstance(detail, list):
        return "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in detail
        )
    return str(detail)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
