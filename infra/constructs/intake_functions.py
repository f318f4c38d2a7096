"""The functions of intake and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import names
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    list_objects,
    publish,
    sagemaker_arn,
    use_key,
    use_table_key,
    write_objects,
)
from infra.settings import EnvironmentSettings

GATHER_TIMEOUT = Duration.seconds(60)


class IntakeFunctions(Construct):
    """gather (upload events), check_quiet, freeze and release (called by the state machine)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentSettings,
        table: dynamodb.ITable,
        state_machine_arn: str,
        data_bucket: s3.IBucket,
        alerts: sns.ITopic,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self._table = table
        self._key = key
        self._retention = retention
        self.gather = self._function(
            "Gather",
            "gather",
            "Notes that a workload's upload goes on, and sees to it that someone waits for its end",
            environment={
                "STATE_MACHINE_ARN": state_machine_arn,
                "WORKLOADS": ",".join(environment.workloads),
                "ALERT_TOPIC_ARN": alerts.topic_arn,
                "QUIET_SECONDS": str(environment.intake.quiet_seconds),
            },
            table_actions=("GetItem", "UpdateItem"),
            timeout=GATHER_TIMEOUT,
        )
        self.gather.allow(
            iam.PolicyStatement(
                sid="WaitForTheEnd",
                actions=["states:StartExecution"],
                resources=[state_machine_arn],
            ),
            *publish(alerts, key),
        )
        self.check_quiet = self._function(
            "CheckQuiet",
            "check_quiet",
            "Says whether an upload has come to rest",
            environment={
                "QUIET_SECONDS": str(environment.intake.quiet_seconds),
                "MAX_WAIT_SECONDS": str(environment.intake.max_wait_seconds),
            },
            table_actions=("GetItem", "UpdateItem"),
            timeout=Duration.seconds(30),
        )
        self.freeze = self._function(
            "Freeze",
            "freeze",
            "Freezes an upload into a dataset version and starts the pipeline on it",
            environment={"DATA_BUCKET": data_bucket.bucket_name, "ENVIRONMENT": environment.name},
            table_actions=("GetItem", "UpdateItem", "DeleteItem"),
            # A million files take some 650 MB and, with S3's pages of a thousand, some minutes.
            timeout=Duration.minutes(14),
            memory_mb=2048,
        )
        self.freeze.allow(*self._freeze_statements(environment, data_bucket))
        self.release = self._function(
            "Release",
            "release",
            "Lets the next upload start afresh after a failure",
            environment={},
            table_actions=("DeleteItem",),
            timeout=Duration.seconds(30),
        )

    def _freeze_statements(
        self, environment: EnvironmentSettings, bucket: s3.IBucket
    ) -> Sequence[iam.PolicyStatement]:
        uploads = [names.upload_prefix(workload) for workload in environment.workloads]
        datasets = [names.dataset_prefix(workload) for workload in environment.workloads]
        pipelines = [
            sagemaker_arn(self, f"pipeline/{names.pipeline_name(environment.name, workload)}")
            for workload in environment.workloads
        ]
        return [
            list_objects(bucket, uploads, sid="ListUploads", versions=True),
            write_objects(bucket, datasets, sid="WriteManifests"),
            use_key(self._key, write=True),
            iam.PolicyStatement(
                sid="StartPipelines",
                actions=["sagemaker:StartPipelineExecution"],
                resources=pipelines,
            ),
            iam.PolicyStatement(
                sid="LookAtRuns",
                actions=["sagemaker:DescribePipelineExecution"],
                resources=[f"{pipeline}/execution/*" for pipeline in pipelines],
            ),
        ]

    def _function(
        self,
        name: str,
        handler: str,
        description: str,
        *,
        environment: Mapping[str, str],
        table_actions: Sequence[str],
        timeout: Duration,
        memory_mb: int = 256,
    ) -> PythonFunction:
        function = PythonFunction(
            self,
            name,
            word="intake",
            handler=handler,
            description=description,
            environment={"TABLE_NAME": self._table.table_name, **environment},
            key=self._key,
            retention=self._retention,
            timeout=timeout,
            memory_mb=memory_mb,
        )
        function.allow(
            iam.PolicyStatement(
                sid="UseTable",
                actions=[f"dynamodb:{action}" for action in table_actions],
                resources=[self._table.table_arn],
            ),
            use_table_key(self, self._key),
        )
        return function
