"""The stack's own wiring on the emulator, with functions that misbehave on demand.

The real functions are driven by ``tests/end_to_end``; here each function is a few lines, so that
what is under test is the template and the emulator's corrections: error names, retries, tokens,
queues, the authorizer's context.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from cli.local.stack import LocalStack, local_stack
from cli.toolchain import PROJECT, Toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.end_to_end

PRELUDE = """
import json, time
import boto3

class NotReady(Exception):
    pass

def note(key, value=""):
    # Looked up, not configured: most functions are not told of this bucket.
    s3 = boto3.client("s3")
    (bucket,) = (b["Name"] for b in s3.list_buckets()["Buckets"] if "records" in b["Name"])
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(value))
"""

HANDLERS = {
    "authorizer": """
def handler(event, context):
    token = event["headers"].get("authorization")
    return {"isAuthorized": True, "context": {"error": "" if token else "missing_api_key"}}
""",
    "api": """
def handler(event, context):
    if event["rawPath"].endswith("/slow"):
        time.sleep(1)
    body = {"authorizer": event["requestContext"].get("authorizer"), "path": event["rawPath"]}
    return {"statusCode": 200, "body": json.dumps(body)}
""",
    "parse_statement": """
def handler(event, context):
    if "detail" in event:
        raise RuntimeError("the event cannot be handled")
    if event["reconciliation_id"] == "refused":
        raise NotReady("not yet")
""",
    "match_lines": """
def handler(event, context):
    if event["reconciliation_id"] == "killed":
        note("work/killed/" + context.aws_request_id)
        time.sleep(2)
    return {"shards": [{**event, "shard": shard} for shard in range(3)]}
""",
    "persist_matches": """
def handler(event, context):
    note(f"work/{event['reconciliation_id']}-persisted/{event['shard']}")
    if event["reconciliation_id"] == "refused-shard" and event["shard"] == 1:
        raise NotReady("not this one")
""",
    "prove_balance": "def handler(event, context): pass",
    "request_review": """
def handler(event, context):
    if event["reconciliation_id"] == "refused-review":
        raise NotReady("nobody to ask")
    note(f"work/{event['reconciliation_id']}-token", event["task_token"])
""",
    "clear_entries": "def handler(event, context): pass",
    "lock_reconciliation": "def handler(event, context): pass",
    "fail_reconciliation": """
def handler(event, context):
    note(f"work/{event['reconciliation_id']}-failed", event)
""",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    project: Path = tmp_path_factory.mktemp("project")
    for name in ("app.py", "cdk.json"):
        shutil.copyfile(PROJECT / name, project / name)
    (project / "shared").mkdir()
    (project / "shared" / "__init__.py").touch()
    for name, code in HANDLERS.items():
        folder = project / "functions" / name
        folder.mkdir(parents=True)
        (folder / "handler.py").write_text(PRELUDE + code, "utf-8")
    found = Toolchain.find()
    with local_stack(Toolchain(project=project, node=found.node, cdk=found.cdk)) as running:
        yield running


def wait_for(found: Callable[[], Any], seconds_max: float = 30.0) -> Any:
    deadline = time.monotonic() + seconds_max
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


def client(stack: LocalStack, service: str) -> Any:
    return boto3.client(service, **stack.client_options())


def notes(stack: LocalStack, prefix: str) -> dict[str, Any]:
    s3 = client(stack, "s3")
    bucket = stack.outputs["RecordsBucket"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        found["Key"]: json.load(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"])
        for found in listed
    }


def start(stack: LocalStack, name: str) -> str:
    execution: str = client(stack, "stepfunctions").start_execution(
        stateMachineArn=stack.outputs["WorkflowArn"],
        input=json.dumps({"business_id": "b1", "reconciliation_id": name, "attempt": 1}),
    )["executionArn"]
    return execution


def decide(stack: LocalStack, name: str, decision: str) -> None:
    token = wait_for(lambda: notes(stack, f"work/{name}-token"))[f"work/{name}-token"]
    client(stack, "stepfunctions").send_task_success(
        taskToken=token, output=json.dumps({"decision": decision})
    )


def ended(stack: LocalStack, execution: str) -> dict[str, Any]:
    def description() -> dict[str, Any] | None:
        states = client(stack, "stepfunctions")
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        return None if found["status"] == "RUNNING" else found

    result: dict[str, Any] = wait_for(description)
    return result


def history(stack: LocalStack, execution: str) -> list[dict[str, Any]]:
    states = client(stack, "stepfunctions")
    events: list[dict[str, Any]] = states.get_execution_history(
        executionArn=execution, maxResults=1000
    )["events"]
    return events


def entered(stack: LocalStack, execution: str) -> list[str]:
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in history(stack, execution)
        if event["type"].endswith("StateEntered")
    ]


def failures(stack: LocalStack, execution: str) -> list[str]:
    return [
        event["taskFailedEventDetails"]["error"]
        for event in history(stack, execution)
        if event["type"] == "TaskFailed"
    ]


def get(stack: LocalStack, path: str, **headers: str) -> dict[str, Any]:
    url = f"{stack.endpoint_url}/_aws/execute-api/{stack.outputs['ApiId']}{path}"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
        body: dict[str, Any] = json.load(response)
        return body


def test_a_completed_review_clears_and_locks(stack: LocalStack) -> None:
    execution = start(stack, "completed")
    decide(stack, "completed", "complete")
    assert ended(stack, execution)["status"] == "SUCCEEDED"
    assert entered(stack, execution)[-2:] == ["Clear entries", "Lock reconciliation"]
    assert len(notes(stack, "work/completed-persisted/")) == 3


def test_a_cancelled_review_touches_nothing_more(stack: LocalStack) -> None:
    execution = start(stack, "cancelled")
    decide(stack, "cancelled", "cancel")
    assert ended(stack, execution)["status"] == "SUCCEEDED"
    assert entered(stack, execution)[-1] == "Leave cancelled"


@pytest.mark.parametrize("name", ["refused", "refused-shard", "refused-review"])
def test_a_refusal_is_not_repeated_and_is_written_down(stack: LocalStack, name: str) -> None:
    execution = start(stack, name)
    assert ended(stack, execution)["status"] == "FAILED"
    assert failures(stack, execution) == ["NotReady"]
    assert entered(stack, execution)[-2:] == ["Mark reconciliation failed", "Stop as failed"]
    failure = notes(stack, f"work/{name}-failed")[f"work/{name}-failed"]
    assert failure["error"] == "NotReady"
    assert json.loads(failure["cause"])["errorType"] == "NotReady"


def test_a_worker_killed_in_the_middle_is_replaced_and_the_run_goes_on(stack: LocalStack) -> None:
    execution = start(stack, "killed")
    wait_for(lambda: notes(stack, "work/killed/"))
    for worker in stack.worker_pids("match_lines"):
        os.kill(worker, signal.SIGKILL)
    decide(stack, "killed", "complete")
    assert ended(stack, execution)["status"] == "SUCCEEDED"
    assert failures(stack, execution) == ["Runtime.ExitError"]
    assert len(notes(stack, "work/killed/")) == 2


def test_an_event_that_cannot_be_handled_ends_in_the_queue(stack: LocalStack) -> None:
    client(stack, "s3").put_object(
        Bucket=stack.outputs["StatementsBucket"], Key="statements/b1/l1/may.ofx", Body=b"OFX"
    )
    queues = client(stack, "sqs")
    (url,) = (url for url in queues.list_queues()["QueueUrls"] if "Unparsed" in url)
    (message,) = wait_for(lambda: queues.receive_message(QueueUrl=url).get("Messages"))
    event = json.loads(message["Body"])["requestPayload"]
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["object"]["key"] == "statements/b1/l1/may.ofx"


@pytest.mark.parametrize("path", ["/api/v1/x", "/api/v2/x", "/v0/x", "/v1/x/y"])
def test_a_request_without_a_token_reaches_the_function_that_says_so(
    stack: LocalStack, path: str
) -> None:
    answer = get(stack, path)
    assert answer == {"authorizer": {"lambda": {"error": "missing_api_key"}}, "path": path}


def test_our_own_paths_answer_at_the_root_of_the_emulators_address(stack: LocalStack) -> None:
    with urllib.request.urlopen(f"{stack.base_url}/v0/x", timeout=30) as response:  # noqa: S310 - loopback
        assert json.load(response)["path"] == "/v0/x"


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/health"])
def test_public_pages_ask_nobody(stack: LocalStack, path: str) -> None:
    assert get(stack, path)["authorizer"] is None
