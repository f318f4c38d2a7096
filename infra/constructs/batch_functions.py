"""The functions of batch serving and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import names
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    delete_objects,
    list_objects,
    log_group_arns,
    parameter_arn,
    read_objects,
    sagemaker_arn,
    use_key,
    write_objects,
)

GATHER_TIMEOUT = Duration.seconds(60)
# Twenty thousand inputs are listed page by page.
_FREEZE = Duration.minutes(5)
# Counts the records of each file and each answer; what it cannot in this time it does next time.
_ADVANCE = Duration.minutes(14)


class BatchFunctions(Construct):
    """gather (upload events), freeze and advance (called by the state machine).

    Args:
        serving: `contracts.serving.Serving` as JSON.
        content_type, accept: of the inputs and of the answers.
        volume_key_arn: encrypts the volumes of transform jobs; empty for instance types with
            storage of their own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        workload_name: str,
        serving: str,
        quiet_seconds: int,
        content_type: str,
        accept: str,
        volume_key_arn: str,
        state_machine_arn: str,
        data_bucket: s3.IBucket,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._retention = retention
        self._bucket = data_bucket
        self._workload = workload_name
        of_run = {
            "ENVIRONMENT": environment_name,
            "WORKLOAD": workload_name,
            "DATA_BUCKET": data_bucket.bucket_name,
        }
        self.gather = self._function(
            "Gather",
            "gather",
            "Sees to it that uploads are answered",
            environment={
                "STATE_MACHINE_ARN": state_machine_arn,
                "QUIET_SECONDS": str(quiet_seconds),
            },
            timeout=GATHER_TIMEOUT,
        )
        self.gather.allow(
            iam.PolicyStatement(
                sid="StartRuns", actions=["states:StartExecution"], resources=[state_machine_arn]
            )
        )
        self.freeze = self._function(
            "Freeze",
            "freeze",
            "Begins a batch run with what is new",
            environment={**of_run, "QUIET_SECONDS": str(quiet_seconds)},
            timeout=_FREEZE,
            memory_mb=1024,
        )
        self.freeze.allow(*self._documents(), self._read_champion(environment_name))
        self.advance = self._function(
            "Advance",
            "advance",
            "Brings a batch run forward by a step",
            environment={
                **of_run,
                "SERVING": serving,
                "CONTENT_TYPE": content_type,
                "ACCEPT": accept,
                "KMS_KEY_ARN": key.key_arn,
                "VOLUME_KEY_ARN": volume_key_arn,
            },
            timeout=_ADVANCE,
            memory_mb=1024,
        )
        jobs = f"transform-job/{names.batch_job_prefix(environment_name, workload_name)}*"
        self.advance.allow(
            *self._documents(),
            read_objects(
                data_bucket,
                [names.batch_input_prefix(workload_name)],
                sid="ReadInputs",
                versions=True,
            ),
            delete_objects(
                data_bucket, [names.batch_runs_prefix(workload_name)], sid="DeleteWrongAnswers"
            ),
            iam.PolicyStatement(
                sid="LookAtJobs",
                actions=["sagemaker:DescribeTransformJob"],
                resources=[sagemaker_arn(self, jobs)],
            ),
            self._read_logs(),
        )

    @property
    def all(self) -> tuple[PythonFunction, ...]:
        """The functions, in the order in which they are called."""
        return self.gather, self.freeze, self.advance

    def _documents(self) -> list[iam.PolicyStatement]:
        """The ledger and what is in a run's folder."""
        runs = names.batch_runs_prefix(self._workload)
        ledger = self._bucket.arn_for_objects(names.batch_ledger_key(self._workload))
        inputs = names.batch_input_prefix(self._workload)
        return [
            read_objects(self._bucket, [runs], sid="ReadRuns"),
            write_objects(self._bucket, [runs], sid="WriteRuns"),
            iam.PolicyStatement(
                sid="KeepLedger", actions=["s3:GetObject", "s3:PutObject"], resources=[ledger]
            ),
            list_objects(
                self._bucket,
                [inputs, runs, names.batch_ledger_key(self._workload)],
                sid="ListBatch",
                versions=True,
            ),
            use_key(self._key, write=True),
        ]

    def _read_champion(self, environment: str) -> iam.PolicyStatement:
        parameter = names.champion_parameter(environment, self._workload)
        return iam.PolicyStatement(
            sid="ReadChampion",
            actions=["ssm:GetParameter"],
            resources=[parameter_arn(self, parameter)],
        )

    def _read_logs(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="ReadJobLogs",
            actions=["logs:DescribeLogStreams", "logs:GetLogEvents"],
            resources=log_group_arns(self, "/aws/sagemaker/TransformJobs"),
        )

    def _function(
        self,
        name: str,
        handler: str,
        description: str,
        *,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mb: int = 256,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            word="serving",
            handler=handler,
            description=description,
            environment=environment,
            key=self._key,
            retention=self._retention,
            timeout=timeout,
            memory_mb=memory_mb,
        )
