"""What the template promises, whatever constructs it comes from."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from infra.constructs.reconciliation_workflow import REFUSALS
from infra.template import table_definitions
from shared import errors
from shared.statements.source import SEEKABLE_BYTES_MAX

JsonObject = dict[str, Any]


def resources(template: JsonObject, kind: str) -> dict[str, JsonObject]:
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def properties(template: JsonObject, kind: str) -> list[JsonObject]:
    return [resource["Properties"] for resource in resources(template, kind).values()]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def functions_by_name(template: JsonObject) -> dict[str, JsonObject]:
    return {
        function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: function
        for function in properties(template, "AWS::Lambda::Function")
    }


def statements_of(template: JsonObject, function: str) -> list[JsonObject]:
    """Return the policy statements of one function's role."""
    role = functions_by_name(template)[function]["Role"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in properties(template, "AWS::IAM::Policy")
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def actions_on(template: JsonObject, function: str, logical_id: str) -> set[str]:
    """Return what one function may do with one resource or with what is inside it."""
    return {
        action
        for statement in statements_of(template, function)
        if logical_id in json.dumps(statement["Resource"])
        for action in as_list(statement["Action"])
    }


def workflow(template: JsonObject) -> JsonObject:
    """Return the state machine's definition, with references as text."""
    (machine,) = properties(template, "AWS::StepFunctions::StateMachine")
    parts = machine["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "reference" for part in parts)
    definition: JsonObject = json.loads(text)
    return definition


def tasks(definition: JsonObject) -> dict[str, JsonObject]:
    """Return every Task of a definition, those inside Maps too."""
    found = {}
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            found[name] = state
        if state["Type"] == "Map":
            found.update(tasks(state["ItemProcessor"]))
    return found


FUNCTIONS = {
    "api",
    "authorizer",
    "clear_entries",
    "fail_reconciliation",
    "lock_reconciliation",
    "match_lines",
    "parse_statement",
    "persist_matches",
    "prove_balance",
    "request_review",
}


def test_every_function_has_its_handler_platform_and_own_log_group(template: JsonObject) -> None:
    functions = functions_by_name(template)
    assert set(functions) == FUNCTIONS
    groups = set()
    for name, function in functions.items():
        assert function["Handler"] == f"functions.{name}.handler.handler"
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        groups.add(function["LoggingConfig"]["LogGroup"]["Ref"])
    assert len(groups) == len(functions)


def test_the_api_answers_before_the_gateway_gives_up(template: JsonObject) -> None:
    assert functions_by_name(template)["api"]["Timeout"] == 29


@pytest.mark.parametrize(
    ("name", "keys", "expires"),
    [
        ("books", ["pk", "sk"], None),
        ("reconciliations", ["pk", "sk"], None),
        ("tokens", ["pk", "sk"], "expires_at_epoch"),
        ("idempotency", ["id"], "expiration"),
    ],
)
def test_tables_have_their_keys_and_expiry(
    template: JsonObject, name: str, keys: list[str], expires: str | None
) -> None:
    definition = table_definitions(template)[name]
    assert [key["AttributeName"] for key in definition["KeySchema"]] == keys
    table = next(
        table
        for logical_id, table in resources(template, "AWS::DynamoDB::Table").items()
        if name in logical_id.lower()
    )
    ttl = table["Properties"].get("TimeToLiveSpecification")
    assert ttl == (None if expires is None else {"AttributeName": expires, "Enabled": True})


def test_books_have_an_index_by_month_and_one_of_open_items(template: JsonObject) -> None:
    indexes = table_definitions(template)["books"]["GlobalSecondaryIndexes"]
    assert {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in indexes
    } == {"by_month": ["month_pk", "month_sk"], "open_items": ["open_pk", "open_sk"]}
    assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in indexes)


def test_tables_are_on_demand_and_can_be_restored_to_any_point(template: JsonObject) -> None:
    tables = properties(template, "AWS::DynamoDB::Table")
    assert len(tables) == 4
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup"])
def test_production_keeps_data_and_development_does_not(
    template: JsonObject, production: JsonObject, kind: str
) -> None:
    for found, policy in ((template, "Delete"), (production, "Retain")):
        assert resources(found, kind)
        for resource in resources(found, kind).values():
            assert resource["DeletionPolicy"] == policy


def test_production_tables_refuse_deletion(template: JsonObject, production: JsonObject) -> None:
    for found, protected in ((template, False), (production, True)):
        for table in properties(found, "AWS::DynamoDB::Table"):
            assert table["DeletionProtectionEnabled"] is protected


def test_a_customer_key_encrypts_tables_and_buckets(production: JsonObject) -> None:
    for table in properties(production, "AWS::DynamoDB::Table"):
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert "1234abcd" in table["SSESpecification"]["KMSMasterKeyId"]
    for bucket in properties(production, "AWS::S3::Bucket"):
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_buckets_are_private_and_take_encrypted_connections_only(template: JsonObject) -> None:
    buckets = resources(template, "AWS::S3::Bucket")
    assert len(buckets) == 2
    for bucket in buckets.values():
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    refused = [
        statement
        for policy in properties(template, "AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(refused) == len(buckets)


def test_statements_are_versioned_announced_and_never_expire(template: JsonObject) -> None:
    (bucket,) = (
        bucket
        for bucket in properties(template, "AWS::S3::Bucket")
        if "NotificationConfiguration" in bucket
    )
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    for rule in bucket["LifecycleConfiguration"]["Rules"]:
        assert not {"ExpirationInDays", "NoncurrentVersionExpiration"} & set(rule)


def test_work_in_progress_expires_and_reports_do_not(template: JsonObject) -> None:
    (bucket,) = (
        bucket
        for bucket in properties(template, "AWS::S3::Bucket")
        if "NotificationConfiguration" not in bucket
    )
    expiring = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert expiring == {"work/": 30}


def test_no_role_of_a_function_has_a_wildcard_resource_or_action(
    template: JsonObject, production: JsonObject
) -> None:
    for found in (template, production):
        for function in FUNCTIONS:
            for statement in statements_of(found, function):
                assert "*" not in as_list(statement["Resource"])
                assert not [action for action in as_list(statement["Action"]) if "*" in action]


def test_only_tracing_and_log_delivery_of_the_workflow_take_no_resource(
    template: JsonObject,
) -> None:
    unlimited = {
        action.split(":")[0]
        for policy in properties(template, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert unlimited == {"logs", "xray"}


READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}


@pytest.mark.parametrize(
    ("function", "table", "writes"),
    [
        ("api", "StorageBooks", True),
        ("api", "StorageReconciliations", True),
        ("api", "StorageIdempotency", True),
        ("api", "StorageTokens", None),
        ("authorizer", "StorageTokens", False),
        ("authorizer", "StorageBooks", None),
        ("parse_statement", "StorageBooks", True),
        ("match_lines", "StorageBooks", False),
        ("match_lines", "StorageReconciliations", True),
        ("persist_matches", "StorageBooks", True),
        ("prove_balance", "StorageBooks", False),
        ("request_review", "StorageBooks", None),
        ("clear_entries", "StorageReconciliations", False),
        ("lock_reconciliation", "StorageBooks", True),
        ("fail_reconciliation", "StorageReconciliations", True),
    ],
)
def test_functions_may_touch_only_the_tables_they_need(
    template: JsonObject, function: str, table: str, *, writes: bool | None
) -> None:
    actions = actions_on(template, function, table)
    if writes is None:
        assert actions == set()
    elif writes:
        assert actions > READS
        assert "dynamodb:Scan" not in actions
    else:
        assert actions == READS


def test_nobody_may_delete_a_statement_and_only_the_api_may_add_one(template: JsonObject) -> None:
    for function in FUNCTIONS:
        actions = actions_on(template, function, "StorageStatements")
        assert not [action for action in actions if "Delete" in action]
        assert ("s3:PutObject" in actions) is (function == "api")


def test_parsing_has_lambdas_whole_time_and_room_for_an_archive_and_what_is_in_it(
    template: JsonObject,
) -> None:
    parse = functions_by_name(template)["parse_statement"]
    assert parse["Timeout"] == 900
    assert parse["EphemeralStorage"] == {"Size": 1024}
    assert SEEKABLE_BYTES_MAX * 2 < 1024 * 1024 * 1024


@pytest.mark.parametrize("function", ["api", "parse_statement"])
def test_what_a_line_cannot_hold_may_be_added_and_only_there(
    template: JsonObject, function: str
) -> None:
    puts = [
        json.dumps(statement["Resource"])
        for statement in statements_of(template, function)
        if "s3:PutObject" in as_list(statement["Action"])
        and "StorageRecords" in json.dumps(statement["Resource"])
    ]
    prefixes = {prefix for prefix in ("lines/", "work/", "reports/") if prefix in "".join(puts)}
    assert prefixes == ({"lines/", "reports/"} if function == "api" else {"lines/"})


def test_a_function_has_heard_of_nothing_it_may_not_touch(template: JsonObject) -> None:
    for name, function in functions_by_name(template).items():
        statements = json.dumps(statements_of(template, name))
        for variable, value in function["Environment"]["Variables"].items():
            if isinstance(value, dict) and "Ref" in value:
                assert value["Ref"] in statements, variable


def test_every_route_but_the_public_ones_has_the_authorizer(template: JsonObject) -> None:
    routes = properties(template, "AWS::ApiGatewayV2::Route")
    public = {route["RouteKey"] for route in routes if "AuthorizerId" not in route}
    protected = {route["RouteKey"] for route in routes if "AuthorizerId" in route}
    assert public == {"GET /docs", "GET /openapi.json", "GET /health"}
    assert protected == {
        "ANY /api/v1/{proxy+}",
        "ANY /api/v2/{proxy+}",
        "ANY /v0/{proxy+}",
        "ANY /v1/{proxy+}",
    }


def test_the_gateway_never_answers_in_place_of_the_authorizer(template: JsonObject) -> None:
    (authorizer,) = properties(template, "AWS::ApiGatewayV2::Authorizer")
    assert authorizer["IdentitySource"] == []
    assert authorizer["AuthorizerResultTtlInSeconds"] == 0
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"


def test_the_stage_is_throttled_and_logs_json(template: JsonObject) -> None:
    (stage,) = properties(template, "AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert json.loads(stage["AccessLogSettings"]["Format"])["status"] == "$context.status"


def test_statements_start_parsing_and_what_fails_is_kept(template: JsonObject) -> None:
    (rule,) = properties(template, "AWS::Events::Rule")
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "statements/"}]}
    (target,) = rule["Targets"]
    assert "Undelivered" in json.dumps(target["DeadLetterConfig"])
    (asynchronous,) = properties(template, "AWS::Lambda::EventInvokeConfig")
    assert "Unparsed" in json.dumps(asynchronous["DestinationConfig"]["OnFailure"])
    for queue in properties(template, "AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True


def test_queues_workflow_functions_and_api_have_alarms(template: JsonObject) -> None:
    alarms = properties(template, "AWS::CloudWatch::Alarm")
    metrics = [alarm["MetricName"] for alarm in alarms]
    assert metrics.count("ApproximateNumberOfMessagesVisible") == 2
    assert metrics.count("Errors") == len(FUNCTIONS)
    assert metrics.count("Throttles") == len(FUNCTIONS)
    assert {"ExecutionsFailed", "ExecutionsTimedOut", "5xx"} <= set(metrics)


def test_alarms_are_mailed_when_there_is_an_address(
    template: JsonObject, production: JsonObject
) -> None:
    assert not resources(template, "AWS::SNS::Topic")
    (subscription,) = properties(production, "AWS::SNS::Subscription")
    assert subscription["Endpoint"] == "books@example.com"
    for alarm in properties(production, "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"]


def test_the_workflow_runs_its_states_in_order(template: JsonObject) -> None:
    definition = workflow(template)
    assert definition["QueryLanguage"] == "JSONata"
    order = []
    state = definition["StartAt"]
    while state:
        order.append(state)
        found = definition["States"][state]
        state = found.get("Next") or (found["Choices"][0]["Next"] if "Choices" in found else None)
    assert order == [
        "Parse statement",
        "Match lines",
        "Persist matches",
        "Prove balance",
        "Await review",
        "Decide on review",
        "Clear entries",
        "Lock reconciliation",
    ]
    assert definition["States"]["Decide on review"]["Default"] == "Leave cancelled"


def test_shards_are_persisted_side_by_side_with_a_limit(template: JsonObject) -> None:
    states = workflow(template)["States"]
    for name in ("Persist matches", "Clear entries"):
        assert states[name]["Items"] == "{% $shards %}"
        assert states[name]["MaxConcurrency"] == 8
        assert states[name]["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}


def test_review_waits_for_a_person_for_most_of_a_year(template: JsonObject) -> None:
    review = workflow(template)["States"]["Await review"]
    assert review["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert review["Arguments"]["Payload"]["task_token"] == "{% $states.context.Task.Token %}"
    assert review["TimeoutSeconds"] >= 360 * 24 * 3600


def test_every_task_repeats_everything_but_refusals(template: JsonObject) -> None:
    for name, task in tasks(workflow(template)).items():
        refusals, everything_else = task["Retry"]
        assert refusals["MaxAttempts"] == 0, name
        assert everything_else["ErrorEquals"] == ["States.ALL"]
        assert everything_else["JitterStrategy"] == "FULL"
        assert everything_else["BackoffRate"] > 1
        assert everything_else["MaxAttempts"] == 4


def test_every_error_marks_the_reconciliation_failed(template: JsonObject) -> None:
    states = workflow(template)["States"]
    for name, state in states.items():
        if state["Type"] not in ("Task", "Map") or name == "Mark reconciliation failed":
            continue
        (catcher,) = state["Catch"]
        assert catcher["ErrorEquals"] == ["States.ALL"]
        assert catcher["Next"] == "Mark reconciliation failed"
    assert states["Mark reconciliation failed"]["Next"] == "Stop as failed"
    assert states["Stop as failed"]["Type"] == "Fail"


def test_the_refusals_are_every_error_of_ours_that_repeating_cannot_cure() -> None:
    ours = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.TieoutError)
    }
    assert set(REFUSALS) == ours - {"TieoutError", "IncompleteData", "ChangedMeanwhile"}


def test_the_workflow_logs_its_steps_without_anybodys_data(template: JsonObject) -> None:
    (machine,) = properties(template, "AWS::StepFunctions::StateMachine")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_stack_says_where_everything_is(template: JsonObject) -> None:
    assert set(template["Outputs"]) == {
        "ApiId",
        "ApiUrl",
        "BooksTable",
        "IdempotencyTable",
        "ReconciliationsTable",
        "RecordsBucket",
        "StatementsBucket",
        "TokensTable",
        "WorkflowArn",
    }


def test_nothing_is_deployed_that_cdk_would_add_on_its_own(template: JsonObject) -> None:
    assert not [
        name for name in template["Resources"] if "CustomResource" in name or "LogRetention" in name
    ]
    assert len(resources(template, "AWS::Lambda::Function")) == len(FUNCTIONS)
