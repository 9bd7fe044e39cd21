"""The HTTP API: one function answers every route, behind an authorizer that never refuses.

Each of the API's dialects has its own error bodies, and API Gateway answers a missing header
or a refusal with one fixed body of its own. So the authorizer has no identity source, always
lets the request through, and says in its context who is calling or why nobody is; the api
function turns that into the dialect's own 401. The consequence is held by a test: the only
routes without the authorizer are those that need no token.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk.aws_apigatewayv2_authorizers import HttpLambdaAuthorizer, HttpLambdaResponseType
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.acknowledgements import accept_finding
from infra.constructs.function import PythonFunction, create_log_group

if TYPE_CHECKING:
    from infra.configuration import Configuration

PROTECTED_PATHS = ("/api/v1/{proxy+}", "/api/v2/{proxy+}", "/v0/{proxy+}", "/v1/{proxy+}")
PUBLIC_PATHS = ("/docs", "/openapi.json", "/health")

REQUESTS_PER_SECOND_MAX = 200
REQUESTS_BURST_MAX = 400

_ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.routeKey",
    "status": "$context.status",
    "responseBytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
}


class Api(Construct):
    """The HTTP API in front of the api and authorizer functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: PythonFunction,
        authorizer: PythonFunction,
        configuration: Configuration,
    ) -> None:
        super().__init__(scope, construct_id)
        self.http_api = apigateway.HttpApi(
            self,
            "Api",
            api_name=configuration.stack_name,
            description="Bank reconciliation: see /docs.",
            create_default_stage=False,
        )
        integration = HttpLambdaIntegration("Integration", api.function)
        lets_everyone_through = HttpLambdaAuthorizer(
            "Authorizer",
            authorizer.function,
            identity_source=[],
            response_types=[HttpLambdaResponseType.SIMPLE],
            results_cache_ttl=Duration.seconds(0),
        )
        for path in PROTECTED_PATHS:
            self.http_api.add_routes(
                path=path,
                methods=[apigateway.HttpMethod.ANY],
                integration=integration,
                authorizer=lets_everyone_through,
            )
        for path in PUBLIC_PATHS:
            for route in self.http_api.add_routes(
                path=path, methods=[apigateway.HttpMethod.GET], integration=integration
            ):
                accept_finding(
                    route,
                    "AwsSolutions-APIG4",
                    f"{path} shows nothing of any business and is meant to be public.",
                )
        access_log = create_log_group(self, "AccessLog", configuration)
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=REQUESTS_PER_SECOND_MAX, burst_limit=REQUESTS_BURST_MAX
            ),
        )
        resource = self.stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):
            raise TypeError("A stage's default child is its CloudFormation resource.")
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=access_log.log_group_arn, format=json.dumps(_ACCESS_LOG_FIELDS)
        )
