"""What a workload's deployments make in SageMaker, as resources of IAM statements."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts import names
from infra.constructs.statements import (
    delete_sagemaker_logs,
    parameter_arn,
    sagemaker_arn,
)


class DeploymentResources:
    """One endpoint, models and endpoint configurations named `<group>-v<version>-<hash>`, and the
    champion record."""

    def __init__(
        self,
        scope: Construct,
        *,
        endpoint_name: str,
        model_package_group: str,
        champion_parameter: str,
    ) -> None:
        self.champion_parameter = champion_parameter
        self._champion_arn = parameter_arn(scope, champion_parameter)
        self._scope = scope
        self.endpoint_name = endpoint_name
        self.log_group = f"/aws/sagemaker/Endpoints/{endpoint_name}"
        self.model_package_group = model_package_group
        self.name_prefix = f"{model_package_group}-v"
        self._arns = {
            "endpoint": sagemaker_arn(scope, f"endpoint/{endpoint_name}"),
            "configs": sagemaker_arn(scope, f"endpoint-config/{self.name_prefix}*"),
            "models": sagemaker_arn(scope, f"model/{self.name_prefix}*"),
            "packages": sagemaker_arn(scope, f"model-package/{model_package_group}/*"),
        }

    def statement(self, sid: str, actions: Sequence[str], *kinds: str) -> iam.PolicyStatement:
        """Allow SageMaker's `actions` on `kinds`: endpoint, configs, models, packages."""
        return iam.PolicyStatement(
            sid=sid,
            actions=[f"sagemaker:{action}" for action in actions],
            resources=[self._arns[kind] for kind in kinds],
        )

    def delete_models(self) -> tuple[iam.PolicyStatement, ...]:
        """Delete models and endpoint configurations."""
        return (
            self.statement("DeleteModels", ["DeleteModel"], "models"),
            self.statement("DeleteConfigs", ["DeleteEndpointConfig"], "configs"),
        )

    def find_models(self) -> iam.PolicyStatement:
        """List models and endpoint configurations. The calls take no resource."""
        return iam.PolicyStatement(
            sid="FindModels",
            actions=["sagemaker:ListModels", "sagemaker:ListEndpointConfigs"],
            resources=["*"],
        )

    def publish_metrics(self) -> iam.PolicyStatement:
        """Publish what the alarms on deployments watch. The call takes no resource."""
        return iam.PolicyStatement(
            sid="PublishWrongAnswers",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": names.DEPLOYMENT_METRICS}},
        )

    def read_champion(self) -> iam.PolicyStatement:
        """Read the champion record."""
        return self._parameter("ReadChampion", "ssm:GetParameter")

    def record_champion(self) -> iam.PolicyStatement:
        """Write the champion record."""
        return self._parameter("RecordChampion", "ssm:PutParameter")

    def forget_champion(self) -> iam.PolicyStatement:
        """Delete the champion record."""
        return self._parameter("ForgetChampion", "ssm:DeleteParameter")

    def delete_logs(self) -> iam.PolicyStatement:
        """Delete the endpoint's log group."""
        return delete_sagemaker_logs(self._scope, self.log_group)

    def _parameter(self, sid: str, action: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(sid=sid, actions=[action], resources=[self._champion_arn])
