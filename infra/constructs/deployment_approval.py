"""The function that asks a person whether a deployment may go on."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import names
from infra.constructs.deployment_approval_states import ApprovalCall
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    list_objects,
    parameter_arn,
    publish,
    read_objects,
    sagemaker_arn,
    use_key,
    write_objects,
)
from infra.settings import EnvironmentSettings
from infra.settings.environment import ApprovalSettings


class DeploymentApproval(Construct):
    """`ask_for_approval`: writes the page and the record, and tells where they are.

    One function for all workloads of an environment: the resources in a stack are counted.

    Args:
        environment: one that wants to be asked.
        workloads: names of those that are deployed.
        alerts: the topic that is told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentSettings,
        approval: ApprovalSettings,
        workloads: Sequence[str],
        artifact_bucket: s3.IBucket,
        alerts: sns.ITopic,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.ask = PythonFunction(
            self,
            "Ask",
            word="deployment",
            handler="ask_for_approval",
            description="Asks a person whether a deployment may go on",
            environment={
                "ENVIRONMENT": environment.name,
                "ARTIFACT_BUCKET": artifact_bucket.bucket_name,
                "ALERT_TOPIC_ARN": alerts.topic_arn,
                "TIMEOUT_HOURS": str(approval.timeout_hours),
            },
            key=key,
            retention=retention,
            timeout=Duration.seconds(60),
        )
        groups = [names.model_package_group_name(environment.name, name) for name in workloads]
        artifacts = [names.artifact_prefix(name) for name in workloads]
        self.ask.allow(
            iam.PolicyStatement(
                sid="ReadPackages",
                actions=["sagemaker:DescribeModelPackage"],
                resources=[sagemaker_arn(self, f"model-package/{group}/*") for group in groups],
            ),
            iam.PolicyStatement(
                sid="SeeWhatServes",
                actions=["ssm:GetParameter"],
                resources=[
                    parameter_arn(self, names.champion_parameter(environment.name, name))
                    for name in workloads
                ],
            ),
            read_objects(artifact_bucket, artifacts, sid="ReadReports"),
            # Without it S3 says of a page that is not there that it may not be read.
            list_objects(artifact_bucket, artifacts, sid="FindPages"),
            write_objects(
                artifact_bucket, [f"{each}deployments/" for each in artifacts], sid="WritePages"
            ),
            use_key(key, write=True),
            *publish(alerts, key),
        )
        self._timeout_hours = approval.timeout_hours

    def call(self, workload: str) -> ApprovalCall:
        """How a workload's state machine asks."""
        return ApprovalCall(
            ask=self.ask.function.function_arn,
            timeout_hours=self._timeout_hours,
            workload=workload,
        )
