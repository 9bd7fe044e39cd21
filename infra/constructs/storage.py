"""Where everything is kept: four tables and two buckets.

The keys are those of ``docs/architecture.md``. Grants name exact actions, exact indexes and
key prefixes: no function may scan a table, delete a statement or touch another prefix. Each
grant also tells the function the name, in the variable its settings read, so a function has
heard of nothing that it may not use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledgements import accept_finding

if TYPE_CHECKING:
    from infra.configuration import Configuration
    from infra.constructs.function import PythonFunction

STATEMENTS_PREFIX = "statements/"
WORK_PREFIX = "work/"
REPORTS_PREFIX = "reports/"
LINES_PREFIX = "lines/"

WORK_KEPT_DAYS = 30
"""Intermediate results outlive any retry of the workflow that wrote them, then expire."""

_RECORDS_VARIABLE = "TIEOUT_RECORDS_BUCKET"

_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_WRITE = (
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
)


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table and the names of its indexes, which a grant must spell out."""

    table: dynamodb.Table
    variable: str
    indexes: tuple[str, ...] = ()

    def grant_read(self, function: PythonFunction) -> None:
        """Allow reading items by key or query, here and on the indexes, never scanning."""
        self._grant(function, _READ)

    def grant_read_write(self, function: PythonFunction) -> None:
        """Allow reading, and writing items one by one, in batches and in transactions."""
        self._grant(function, _READ + _WRITE)

    def _grant(self, function: PythonFunction, actions: tuple[str, ...]) -> None:
        function.tell(self.variable, self.table.table_name)
        arn = self.table.table_arn
        iam.Grant.add_to_principal(
            grantee=function.role,
            actions=list(actions),
            resource_arns=[arn, *(f"{arn}/index/{name}" for name in self.indexes)],
        )
        _grant_key(self.table.encryption_key, function)


@dataclass(frozen=True, slots=True)
class StoredObjects:
    """One key prefix of a bucket, which is what functions are given access to."""

    bucket: s3.Bucket
    variable: str
    prefix: str

    def grant_read(self, function: PythonFunction) -> None:
        """Allow reading objects under the prefix, and learning that one does not exist.

        Without ``s3:ListBucket`` S3 answers 403 for a missing key, and nobody could be told
        that a statement is missing.
        """
        iam.Grant.add_to_principal(
            grantee=function.role,
            actions=["s3:ListBucket"],
            resource_arns=[self.bucket.bucket_arn],
        )
        self._grant(function, "s3:GetObject", "s3:GetObjectVersion")

    def grant_write(self, function: PythonFunction) -> None:
        """Allow adding objects under the prefix; none may be deleted."""
        self._grant(function, "s3:PutObject", "s3:AbortMultipartUpload")

    def grant_read_write(self, function: PythonFunction) -> None:
        """Allow both."""
        self.grant_read(function)
        self.grant_write(function)

    def _grant(self, function: PythonFunction, *actions: str) -> None:
        function.tell(self.variable, self.bucket.bucket_name)
        _grant_key(self.bucket.encryption_key, function)
        iam.Grant.add_to_principal(
            grantee=function.role,
            actions=list(actions),
            resource_arns=[self.bucket.arn_for_objects(f"{self.prefix}*")],
        )
        logical_id = self.bucket.stack.get_logical_id(self.bucket.node.default_child)  # type: ignore[arg-type]
        accept_finding(
            function.role,
            f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/{self.prefix}*]",
            f"Object names under {self.prefix} are not known beforehand; the prefix is the limit.",
        )


class Storage(Construct):
    """The tables and buckets of one stack."""

    def __init__(self, scope: Construct, construct_id: str, configuration: Configuration) -> None:
        super().__init__(scope, construct_id)
        self._configuration = configuration
        self._key: kms.IKey | None = (
            None
            if configuration.kms_key_arn is None
            else kms.Key.from_key_arn(self, "Key", configuration.kms_key_arn)
        )
        self._removal_policy = (
            RemovalPolicy.RETAIN if configuration.keeps_data else RemovalPolicy.DESTROY
        )
        self.books = self._books()
        self.reconciliations = StoredTable(
            self._table("Reconciliations", sort_key="sk"), "TIEOUT_RECONCILIATIONS_TABLE"
        )
        self.idempotency = StoredTable(
            self._table("Idempotency", partition_key="id", expires_at="expiration"),
            "TIEOUT_IDEMPOTENCY_TABLE",
        )
        self.tokens = StoredTable(
            self._table("Tokens", sort_key="sk", expires_at="expires_at_epoch"),
            "TIEOUT_TOKENS_TABLE",
        )
        self.statements_bucket = self._statements_bucket()
        self.records_bucket = self._records_bucket()
        self.statements = StoredObjects(
            self.statements_bucket, "TIEOUT_STATEMENTS_BUCKET", STATEMENTS_PREFIX
        )
        self.work = StoredObjects(self.records_bucket, _RECORDS_VARIABLE, WORK_PREFIX)
        self.reports = StoredObjects(self.records_bucket, _RECORDS_VARIABLE, REPORTS_PREFIX)
        self.lines = StoredObjects(self.records_bucket, _RECORDS_VARIABLE, LINES_PREFIX)

    def _books(self) -> StoredTable:
        table = self._table("Books", sort_key="sk")
        by_month = "by_month"
        table.add_global_secondary_index(
            index_name=by_month,
            partition_key=_string("month_pk"),
            sort_key=_string("month_sk"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        open_items = "open_items"
        table.add_global_secondary_index(
            index_name=open_items,
            partition_key=_string("open_pk"),
            sort_key=_string("open_sk"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        return StoredTable(table, "TIEOUT_BOOKS_TABLE", indexes=(by_month, open_items))

    def _table(
        self,
        construct_id: str,
        *,
        partition_key: str = "pk",
        sort_key: str | None = None,
        expires_at: str | None = None,
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=_string(partition_key),
            sort_key=None if sort_key is None else _string(sort_key),
            time_to_live_attribute=expires_at,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=(
                dynamodb.TableEncryption.DEFAULT
                if self._key is None
                else dynamodb.TableEncryption.CUSTOMER_MANAGED
            ),
            encryption_key=self._key,
            deletion_protection=self._configuration.keeps_data,
            removal_policy=self._removal_policy,
        )

    def _statements_bucket(self) -> s3.Bucket:
        bucket = self._bucket(
            "Statements",
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))
            ],
        )
        # CDK's own switch deploys a custom resource that may change every bucket's
        # notifications; CloudFormation has had the property for years.
        resource = bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("A bucket's default child is its CloudFormation resource.")
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )
        return bucket

    def _records_bucket(self) -> s3.Bucket:
        return self._bucket(
            "Records",
            versioned=False,
            lifecycle_rules=[
                s3.LifecycleRule(prefix=WORK_PREFIX, expiration=Duration.days(WORK_KEPT_DAYS)),
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7)),
            ],
        )

    def _bucket(
        self,
        construct_id: str,
        *,
        versioned: bool,
        lifecycle_rules: list[s3.LifecycleRule],
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            construct_id,
            versioned=versioned,
            lifecycle_rules=lifecycle_rules,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=(
                s3.BucketEncryption.S3_MANAGED if self._key is None else s3.BucketEncryption.KMS
            ),
            encryption_key=self._key,
            bucket_key_enabled=None if self._key is None else True,
            removal_policy=self._removal_policy,
        )
        accept_finding(
            bucket,
            "AwsSolutions-S1",
            "Every read and write goes through functions that log it; an account that needs "
            "object-level access records turns on CloudTrail data events for all its buckets.",
        )
        return bucket


def _grant_key(key: kms.IKey | None, function: PythonFunction) -> None:
    """Allow what reading and writing under a customer key takes, action by action.

    The list is DynamoDB's (developer guide, encryption at rest, customer managed keys) with
    its wildcards spelled out; S3 needs less.
    """
    if key is not None:
        key.grant(
            function.role,
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
