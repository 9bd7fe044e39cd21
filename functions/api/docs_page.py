"""The documentation page: the OpenAPI document as one HTML file without scripts or fetches."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from functions.api.dialects import Dialect, dialect_of
from functions.api.docs_style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHAPTERS = {
    Dialect.DAYZERO: ("Day Zero", "Integer cents, UUIDs, header <code>x-business-id</code>."),
    Dialect.SNAPBOOKS: (
        "Snapbooks",
        "Decimal strings, integer ids, query <code>client_account_id</code>.",
    ),
    Dialect.TEAL: (
        "Teal",
        "Exact JSON numbers, 22-character ids, header <code>teal-instance-id</code>.",
    ),
    Dialect.AQNT: (
        "AQNT",
        "Exact JSON numbers, prefixed ids, envelopes of <code>data</code> and <code>meta</code>.",
    ),
    Dialect.PUBLIC: ("Without a token", "Signs of life and this documentation."),
}


def render_page(document: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI document of ours."""
    page = _Page(document["components"]["schemas"])
    chapters = dict.fromkeys(_CHAPTERS, "")
    links = dict.fromkeys(_CHAPTERS, "")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            dialect = dialect_of(path)
            chapters[dialect] += page.operation(path, method, operation)
            links[dialect] += (
                f'<li><a href="#{escape(operation["operationId"])}">'
                f'<span class="verb {method}">{method.upper()}</span>'
                f"{escape(operation['summary'])}</a></li>"
            )
    sections = "".join(
        f'<section id="{dialect.name.lower()}"><h2>{name}'
        f"<small>{escape(dialect.value)}</small></h2><p>{about}</p>{chapters[dialect]}</section>"
        for dialect, (name, about) in _CHAPTERS.items()
    )
    navigation = "".join(
        f"<h3>{name}</h3><ul>{links[dialect]}</ul>" for dialect, (name, _) in _CHAPTERS.items()
    )
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<nav><p class=brand>{escape(info['title'])}</p>{navigation}</nav>"
        f"<main><header><h1>{escape(info['title'])} API <small>{escape(info['version'])}</small>"
        f"</h1><p>{_prose(info['description'])}</p>"
        "<p>Send <code>Authorization: Bearer &lt;token&gt;</code> with every call, and an "
        "<code>Idempotency-Key</code> with calls that change something. The machine-readable "
        'document is <a href="/openapi.json">/openapi.json</a>.</p></header>'
        f"{sections}</main></body></html>"
    )


def _prose(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))


class _Page:
    """Renders operations; knows the schemas that they refer to."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def operation(self, path: str, method: str, operation: Mapping[str, Any]) -> str:
        """Return one call: parameters, body, answers."""
        parts = [f"<p>{_prose(operation['description'])}</p>" if "description" in operation else ""]
        parameters = operation.get("parameters", [])
        if parameters:
            rows = "".join(
                self._row(
                    one["name"],
                    one["schema"] | {"description": one.get("description", "")},
                    one.get("required", False),
                    one["in"],
                )
                for one in parameters
            )
            parts.append(f"<h4>Parameters</h4><table>{rows}</table>")
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            parts.append(f"<h4>Body <small>{escape(media_type)}</small></h4>")
            parts.append(self._fields(content["schema"]))
        parts.append("<h4>Answers</h4>")
        parts.extend(
            self._answer(status, answer) for status, answer in operation["responses"].items()
        )
        return (
            f'<details class="call" id="{escape(operation["operationId"])}"><summary>'
            f'<span class="verb {method}">{method.upper()}</span><code>{escape(path)}</code>'
            f"<span class=about>{escape(operation['summary'])}</span></summary>"
            f"<div>{''.join(parts)}</div></details>"
        )

    def _answer(self, status: str, answer: Mapping[str, Any]) -> str:
        kind = "good" if status.startswith("2") else "bad"
        title = f"<b class={kind}>{status}</b> {escape(answer['description'])}"
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if not schema:
            return f"<p class=answer>{title}</p>"
        return f"<details class=answer><summary>{title}</summary>{self._fields(schema)}</details>"

    def _fields(self, schema: Mapping[str, Any], depth: int = 0) -> str:
        """Return an object's fields as a table, objects inside it as tables of their own."""
        whole = self._resolve(schema)
        required = set(whole.get("required", ()))
        rows = "".join(
            self._row(name, one, name in required, "", depth)
            for name, one in whole.get("properties", {}).items()
        )
        return f"<table>{rows}</table>" if rows else ""

    def _row(
        self, name: str, schema: Mapping[str, Any], required: bool, place: str, depth: int = 0
    ) -> str:
        notes = []
        if schema.get("description"):
            notes.append(_prose(schema["description"]))
        if schema.get("default") is not None:
            notes.append(f"Default <code>{escape(json.dumps(schema['default']))}</code>.")
        inner = self._inner(schema)
        if inner is not None and depth < 3:  # noqa: PLR2004 - deeper than any answer is read
            notes.append(
                f"<details><summary>fields</summary>{self._fields(inner, depth + 1)}</details>"
            )
        mark = "<em>required</em>" if required else ""
        return (
            f"<tr><th><code>{escape(name)}</code>{mark}</th>"
            f"<td>{escape(self._type(schema))}<small>{escape(place)}</small></td>"
            f"<td>{' '.join(notes)}</td></tr>"
        )

    def _inner(self, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the object inside a field, behind references, lists and null."""
        for one in self._branches(schema):
            found = self._resolve(one)
            if found.get("type") == "array":
                return self._inner(found.get("items", {}))
            if found.get("properties"):
                return found
        return None

    def _type(self, schema: Mapping[str, Any]) -> str:
        names: list[str] = []
        for branch in self._branches(schema):
            one = self._resolve(branch)
            if "enum" in one:
                names.append(" | ".join(str(value) for value in one["enum"]))
            elif "const" in one:
                names.append(json.dumps(one["const"]))
            elif one.get("type") == "array":
                names.append(f"array of {self._type(one.get('items', {}))}")
            else:
                kind = one.get("type", "any")
                names.append(f"{kind} · {one['format']}" if "format" in one else kind)
        return " or ".join(dict.fromkeys(names))

    @staticmethod
    def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from schema.get("anyOf", (schema,))

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Mapping[str, Any] = self._schemas[reference.rpartition("/")[2]]
        return found
