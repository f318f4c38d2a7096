"""Deployment: an approved model package goes live, proves itself, or is rolled back."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from contracts import names
from infra.constructs.deployment_approval import DeploymentApproval
from infra.constructs.deployment_workload import DeploymentWorkload
from infra.constructs.promotion_target import PromotionTarget
from infra.settings import Settings
from stacks.foundation import FoundationStack
from stacks.images import ImagesStack, promoted_image_uris
from stacks.stage import StageStack
from stacks.training import TrainingStack


class DeploymentStack(StageStack):
    """Approval rule, state machine, functions and tear-down of each workload."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        foundation: FoundationStack,
        training: TrainingStack,
        images: ImagesStack | None,
    ) -> None:
        super().__init__(scope, word="deployment", settings=settings)
        environment = settings.environment
        # It names the package groups without a reference to them.
        self.add_stack_dependency(training)
        self._promote(settings, foundation)
        approval = self._approval(settings, foundation)
        for workload in settings.workloads:
            deployment = DeploymentWorkload(
                self,
                workload.name,
                workload=workload,
                environment=environment,
                artifact_bucket=foundation.artifact_bucket,
                data_bucket=foundation.data_bucket,
                key=foundation.key,
                alerts=foundation.alerts,
                retention=self.log_retention,
                own_image_uri=images.uris.get(workload.name) if images else None,
                promoted_image_uris=promoted_image_uris(settings, workload),
                approval=approval,
            )
            CfnOutput(
                self,
                names.output_key("EndpointName", workload.name),
                value=names.endpoint_name(environment.name, workload.name),
            )
            CfnOutput(
                self,
                names.output_key("DeploymentStateMachineArn", workload.name),
                value=deployment.state_machine.state_machine_arn,
            )
            if deployment.topics is not None:
                for kind, topic in (
                    ("AnswersTopicArn", deployment.topics.success),
                    ("FailuresTopicArn", deployment.topics.error),
                ):
                    CfnOutput(self, names.output_key(kind, workload.name), value=topic.topic_arn)

    def _approval(
        self, settings: Settings, foundation: FoundationStack
    ) -> DeploymentApproval | None:
        """Let a person be asked within each deployment, where the environment wants that."""
        wanted = settings.environment.deployment.approval
        if wanted is None:
            return None
        return DeploymentApproval(
            self,
            "AskForApproval",
            environment=settings.environment,
            approval=wanted,
            workloads=[workload.name for workload in settings.workloads],
            artifact_bucket=foundation.artifact_bucket,
            alerts=foundation.alerts,
            key=foundation.key,
            retention=self.log_retention,
        )

    def _promote(self, settings: Settings, foundation: FoundationStack) -> None:
        """Let packages come from the environment before this one, if there is one."""
        source = settings.promotion.source
        workloads = [
            workload.name
            for workload in settings.workloads
            if source is not None and workload.name in source.workloads
        ]
        if source is None or not workloads:
            return
        target = PromotionTarget(
            self,
            "PromotionTarget",
            environment=settings.environment,
            source=source,
            workloads=workloads,
            artifact_bucket=foundation.artifact_bucket,
            key=foundation.key,
            retention=self.log_retention,
        )
        CfnOutput(self, "PromoteFunctionName", value=target.function.function_name)
