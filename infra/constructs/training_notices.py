"""Tells people of pipeline runs that failed and of models that wait for approval."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import names
from contracts.events import MODEL_PACKAGE_STATE_CHANGE, PIPELINE_EXECUTION_STATUS_CHANGE
from infra.constructs.dead_letter_queue import DeadLetterQueue
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import publish, sagemaker_arn
from infra.settings import EnvironmentSettings


class TrainingNotices(Construct):
    """Two event rules and one function, for all workloads of an environment.

    A run that somebody stopped is told like one that failed: its data is not trained on either,
    and who stopped it need not be who waits for it. Where the environment approves models
    itself, packages are registered as approved and no event says that one waits; one that
    somebody sets to wait is told there as well.

    An event that the function cannot be called with, or that it fails on three times, is kept
    in the dead-letter queue.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentSettings,
        data_bucket: s3.IBucket,
        artifact_bucket: s3.IBucket,
        alerts: sns.ITopic,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = f"{names.prefix(environment.name)}-notices"
        self._dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            name=f"{self._name}-dead-letters",
            what="Nobody was told of a failed run or of a model that waits for approval",
            alerts=alerts,
        ).queue
        self._notify = PythonFunction(
            self,
            "Notify",
            word="training",
            handler="notify",
            description="Tells people of failed runs and of models that wait for approval",
            environment={
                "ENVIRONMENT": environment.name,
                "ALERT_TOPIC_ARN": alerts.topic_arn,
                "DATA_BUCKET": data_bucket.bucket_name,
            },
            key=key,
            retention=retention,
            timeout=Duration.minutes(2),
            dead_letters=self._dead_letters,
        )
        workloads = environment.workloads
        pipelines = [
            sagemaker_arn(self, f"pipeline/{names.pipeline_name(environment.name, workload)}")
            for workload in workloads
        ]
        groups = [
            names.model_package_group_name(environment.name, workload) for workload in workloads
        ]
        self._allow(workloads, pipelines, groups, artifact_bucket)
        self._notify.allow(*publish(alerts, key))
        self._rule(
            "FailedRuns",
            "failed-runs",
            "Pipeline runs that failed or were stopped",
            detail_type=PIPELINE_EXECUTION_STATUS_CHANGE,
            detail={
                "currentPipelineExecutionStatus": ["Failed", "Stopped"],
                "pipelineArn": pipelines,
            },
        )
        self._rule(
            "WaitingModels",
            "waiting-models",
            "Model packages that wait for approval",
            detail_type=MODEL_PACKAGE_STATE_CHANGE,
            detail={
                "ModelPackageGroupName": groups,
                "ModelApprovalStatus": ["PendingManualApproval"],
            },
        )

    def _allow(
        self,
        workloads: Sequence[str],
        pipelines: Sequence[str],
        groups: Sequence[str],
        artifact_bucket: s3.IBucket,
    ) -> None:
        self._notify.allow(
            iam.PolicyStatement(
                sid="ReadRuns",
                actions=[
                    "sagemaker:DescribePipelineExecution",
                    "sagemaker:ListPipelineExecutionSteps",
                    "sagemaker:ListPipelineParametersForExecution",
                ],
                resources=[f"{pipeline}/execution/*" for pipeline in pipelines],
            ),
            iam.PolicyStatement(
                sid="ReadPackages",
                actions=["sagemaker:DescribeModelPackage"],
                resources=[sagemaker_arn(self, f"model-package/{group}/*") for group in groups],
            ),
            iam.PolicyStatement(
                sid="ReadReports",
                actions=["s3:GetObject"],
                resources=[
                    artifact_bucket.arn_for_objects(names.evaluation_report_key(workload, "*"))
                    for workload in workloads
                ],
            ),
        )

    def _rule(
        self,
        construct_id: str,
        name: str,
        description: str,
        *,
        detail_type: str,
        detail: dict[str, list[str]],
    ) -> None:
        events.Rule(
            self,
            construct_id,
            rule_name=f"{self._name}-{name}",
            description=description,
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"], detail_type=[detail_type], detail=detail
            ),
            targets=[
                targets.LambdaFunction(self._notify.function, dead_letter_queue=self._dead_letters)
            ],
        )
