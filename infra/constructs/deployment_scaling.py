"""How many instances an endpoint has: the function that tells Application Auto Scaling.

Only workloads whose settings let instances be scaled have it.
"""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from contracts.names import backlog_alarm_name
from contracts.serving import Serving
from infra.constructs.deployment_resources import DeploymentResources
from infra.constructs.on_delete import OnDelete
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import alarm_arn, sagemaker_arn

_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_ROLE = f"aws-service-role/{_SERVICE}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


class DeploymentScaling(Construct):
    """The function `scale`, and that nothing is scaled any more once it is gone.

    Args:
        serving: how the model serves; it says that instances are scaled.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        resources: DeploymentResources,
        serving: Serving,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.scale = PythonFunction(
            self,
            "Scale",
            word="deployment",
            handler="scale",
            description="Tells Application Auto Scaling which instances to add and take away",
            environment={"ENDPOINT_NAME": resources.endpoint_name, "SERVING": serving.to_json()},
            key=key,
            retention=retention,
            timeout=Duration.seconds(60),
        )
        self.scale.allow(
            *self._scale_variants(),
            *self._watch(resources.endpoint_name),
            resources.statement(
                "LookAtEndpoint",
                ["DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"],
                "endpoint",
            ),
            # Application Auto Scaling asks, in the caller's name, about a configuration that is
            # not there, to learn whether the caller may.
            iam.PolicyStatement(
                sid="LookAtConfigs",
                actions=["sagemaker:DescribeEndpointConfig"],
                resources=[sagemaker_arn(self, "endpoint-config/*")],
            ),
        )
        # Where the settings let nothing be scaled any more, this goes, and at the end as well.
        OnDelete(
            self,
            "OnDelete",
            function=self.scale.function,
            resource_type="Custom::StopScaling",
            properties={"EndpointName": resources.endpoint_name},
            before=(),
        )

    def _scale_variants(self) -> list[iam.PolicyStatement]:
        stack = Stack.of(self)
        return [
            iam.PolicyStatement(
                sid="ScaleVariants",
                actions=[
                    f"application-autoscaling:{action}"
                    for action in (
                        "RegisterScalableTarget",
                        "DeregisterScalableTarget",
                        "PutScalingPolicy",
                        "DeleteScalingPolicy",
                        "PutScheduledAction",
                        "DeleteScheduledAction",
                    )
                ],
                # A target's id is made by AWS.
                resources=[
                    stack.format_arn(
                        service="application-autoscaling",
                        resource="scalable-target",
                        resource_name="*",
                    )
                ],
                conditions={
                    "StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}
                },
            ),
            iam.PolicyStatement(
                sid="LookAtScaling",
                actions=[
                    "application-autoscaling:DescribeScalableTargets",
                    "application-autoscaling:DescribeScalingPolicies",
                    "application-autoscaling:DescribeScheduledActions",
                ],
                resources=["*"],
            ),
            # Only the first workload of an account that is scaled makes the role.
            iam.PolicyStatement(
                sid="LetScalingAct",
                actions=["iam:CreateServiceLinkedRole"],
                resources=[
                    stack.format_arn(service="iam", region="", resource="role", resource_name=_ROLE)
                ],
                conditions={"StringEquals": {"iam:AWSServiceName": _SERVICE}},
            ),
        ]

    def _watch(self, endpoint_name: str) -> list[iam.PolicyStatement]:
        """Application Auto Scaling makes alarms in its caller's name; one more is ours."""
        names = [
            backlog_alarm_name(endpoint_name),
            f"TargetTracking-endpoint/{endpoint_name}/variant/*",
        ]
        return [
            iam.PolicyStatement(
                sid="WatchVariants",
                actions=["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
                resources=[alarm_arn(self, name) for name in names],
            ),
            # The call takes any alarms or all; Application Auto Scaling asks for all.
            iam.PolicyStatement(
                sid="LookAtAlarms", actions=["cloudwatch:DescribeAlarms"], resources=["*"]
            ),
        ]
