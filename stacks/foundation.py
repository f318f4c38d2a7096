"""Foundation: the key, the buckets and the alert topic that every other stack uses."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy
from constructs import Construct

from contracts import names
from infra.constructs.alert_topic import AlertTopic
from infra.constructs.bucket_emptier import BucketEmptier
from infra.constructs.encryption_key import EncryptionKey
from infra.constructs.private_bucket import AccessLogBucket, PrivateBucket
from infra.settings import Settings
from stacks.stage import StageStack

_UPLOAD_VERSIONS_KEPT_DAYS = 365
_ARTIFACT_VERSIONS_KEPT_DAYS = 90
_ACCESS_LOGS_KEPT_DAYS = 90


class FoundationStack(StageStack):
    """Key, data bucket, artifact bucket, alert topic."""

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(scope, word="foundation", settings=settings)
        environment = settings.environment
        prefix = names.prefix(environment.name)
        destroy = environment.removal == "destroy"
        removal = RemovalPolicy.DESTROY if destroy else RemovalPolicy.RETAIN
        email = environment.alerts.email

        self.key = EncryptionKey(self, "Encryption", alias=prefix, removal_policy=removal).key
        access_logs = AccessLogBucket(
            self, "AccessLogs", retention_days=_ACCESS_LOGS_KEPT_DAYS, removal_policy=removal
        ).bucket
        self.data_bucket = PrivateBucket(
            self,
            "Data",
            key=self.key,
            access_logs=access_logs,
            access_log_prefix="data/",
            noncurrent_days=_UPLOAD_VERSIONS_KEPT_DAYS,
            removal_policy=removal,
            notify_event_bridge=True,
        ).bucket
        self.artifact_bucket = PrivateBucket(
            self,
            "Artifacts",
            key=self.key,
            access_logs=access_logs,
            access_log_prefix="artifacts/",
            noncurrent_days=_ARTIFACT_VERSIONS_KEPT_DAYS,
            removal_policy=removal,
        ).bucket
        self.alerts = AlertTopic(
            self,
            "Alerts",
            key=self.key,
            name=f"{prefix}-alerts",
            emails=(email,) if email else (),
        ).topic
        if destroy:
            BucketEmptier(
                self,
                "BucketEmptier",
                buckets=(self.data_bucket, self.artifact_bucket, access_logs),
                key=self.key,
                retention=self.log_retention,
            )
        CfnOutput(self, "DataBucketName", value=self.data_bucket.bucket_name)
        CfnOutput(self, "ArtifactBucketName", value=self.artifact_bucket.bucket_name)
        CfnOutput(self, "AlertTopicArn", value=self.alerts.topic_arn)
        CfnOutput(self, "KeyArn", value=self.key.key_arn)
