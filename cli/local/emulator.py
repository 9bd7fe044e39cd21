"""The emulator's process: ministack, corrected where it differs from AWS.

Run as ``python -m cli.local.emulator``. The template that is deployed stays exactly what AWS
gets, so it is the emulator that has to behave. Each correction below is a difference that our
own tests run into; they rely on names inside the pinned version and stop the process when one
has gone, rather than let a test pass for the wrong reason.

* A Python function's exception arrives in Step Functions as its class name, and a worker that
  died as ``Runtime.ExitError`` (ministack: always ``Runtime.HandlerError``). Our retriers go by
  these names.
* A task that waits for a token fails when the function it calls fails (ministack: waits on).
* EventBridge invokes functions asynchronously, with Lambda's retries and on-failure destination
  (ministack: once, and the event is gone).

And one convenience: the paths of our own HTTP API answer at the root of the emulator's address,
so that a base URL needs neither a Host header nor a path of the emulator's.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import threading
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import apigateway, eventbridge, lambda_svc, stepfunctions

from cli.local.processes import ENDS_WITH_PARENT_VARIABLE

MINISTACK_VERSION = "1.5.33"
PARENT_CHECKED_SECONDS = 1.0

API_PATHS = ("/api/", "/v0/", "/v1/bank-reconciliation/", "/docs", "/openapi.json")
"""Where our HTTP API has routes; ``/health`` at the root is the emulator's own."""

_REPORTED_ERROR = (
    'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
)
_TYPED_ERROR = (
    'json.dumps({"status": "error", "error": str(e), "error_type": type(e).__name__, '
    '"trace": traceback.format_exc()})'
)
_WORKER_DIED = "Worker process died"


class EmulatorChanged(RuntimeError):
    """The installed ministack no longer has what a correction relies on."""


def correct_error_names() -> None:
    """Let workers report the class of an exception, and Step Functions see it."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001 - what is corrected
    if script.count(_REPORTED_ERROR) != 1:
        raise EmulatorChanged("ministack's Python worker reports errors in another way.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_REPORTED_ERROR, _TYPED_ERROR)  # noqa: SLF001 - what is corrected

    thread = threading.local()
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm  # noqa: SLF001 - what is corrected

    def invoke_and_remember(worker: Any, *arguments: Any, **options: Any) -> Any:
        response = invoke(worker, *arguments, **options)
        died = response.get("error") == _WORKER_DIED
        thread.error_type = "Runtime.ExitError" if died else response.get("error_type")
        return response

    def execute_and_name(*arguments: Any, **options: Any) -> Any:
        thread.error_type = None
        result = execute(*arguments, **options)
        if result.get("error") and thread.error_type is not None:
            result["body"]["errorType"] = thread.error_type
        return result

    lambda_runtime.Worker.invoke = invoke_and_remember
    lambda_svc._execute_function_warm = execute_and_name  # noqa: SLF001 - what is corrected


def correct_callbacks() -> None:
    """Let a task that waits for a token fail when the function it calls fails."""
    thread = threading.local()
    wait_for_callback = stepfunctions._invoke_with_callback  # noqa: SLF001 - what is corrected
    call = stepfunctions._call_lambda  # noqa: SLF001 - what is corrected

    def wait(resource: str, input_data: Any, token: str, state: dict[str, Any]) -> Any:
        thread.token = token
        try:
            return wait_for_callback(resource, input_data, token, state)
        finally:
            thread.token = None

    def call_or_end_waiting(function: str, event: Any) -> Any:
        try:
            return call(function, event)
        except stepfunctions._ExecutionError as failure:  # noqa: SLF001 - ministack's own error
            token = getattr(thread, "token", None)
            waiting = None if token is None else stepfunctions._task_tokens.get(token)  # noqa: SLF001 - where it waits
            if waiting is not None:
                waiting["error"] = {"Error": failure.error, "Cause": failure.cause}
                waiting["event"].set()
            raise

    stepfunctions._invoke_with_callback = wait  # noqa: SLF001 - what is corrected
    stepfunctions._call_lambda = call_or_end_waiting  # noqa: SLF001 - what is corrected


def correct_event_targets() -> None:
    """Let EventBridge invoke functions the way Lambda's asynchronous invocation works."""
    if not hasattr(eventbridge, "_dispatch_to_lambda"):
        raise EmulatorChanged("ministack's EventBridge invokes functions in another way.")

    def invoke(arn: str, payload: str) -> None:
        function, configuration, _ = lambda_svc._get_func_record_for_ref(arn)  # noqa: SLF001 - ministack's own lookup
        if function and configuration:
            record = lambda_svc._execution_record_for_config(function, configuration)  # noqa: SLF001 - ministack's own lookup
            lambda_svc.invoke_async_with_retry(record, json.loads(payload))

    eventbridge._dispatch_to_lambda = invoke  # noqa: SLF001 - what is corrected


def serve_the_api_at_the_root() -> None:
    """Answer our API's own paths without an API id in the host or the path.

    Only while one HTTP API is deployed: with several, the id has to be said.
    """
    from ministack import app  # noqa: PLC0415 - installs signal handlers of its own

    read_url = app._parse_execute_api_url  # noqa: SLF001 - what is extended

    def read_own_url(host: str, path: str) -> Any:
        found = read_url(host, path)
        if found is None and path.startswith(API_PATHS):
            ids = [api_id for (_account, _region, api_id), _ in apigateway._apis.all_items()]  # noqa: SLF001 - ministack's own list
            if len(ids) == 1:
                return read_url(host, f"/_aws/execute-api/{ids[0]}{path}")
        return found

    app._parse_execute_api_url = read_own_url  # noqa: SLF001 - what is extended


def end_with_parent() -> None:
    """End this process's group as soon as the process that started it is gone.

    An owner that is killed cannot clean up; nobody should find its emulator running.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECKED_SECONDS)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def main() -> None:
    """Correct the emulator, then run it until it is told to stop."""
    installed = importlib.metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        raise EmulatorChanged(
            f"ministack {installed} is installed, not {MINISTACK_VERSION}: run `make setup`."
        )
    correct_error_names()
    correct_callbacks()
    correct_event_targets()
    serve_the_api_at_the_root()
    if os.environ.pop(ENDS_WITH_PARENT_VARIABLE, None):
        end_with_parent()
    from ministack.app import main as serve  # noqa: PLC0415 - installs signal handlers of its own

    serve()


if __name__ == "__main__":
    main()
