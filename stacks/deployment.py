"""Deployment: an approved model package goes live, proves itself, or is rolled back."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from contracts import names
from infra.constructs.deployment_workload import DeploymentWorkload
from infra.settings import Settings
from stacks.foundation import FoundationStack
from stacks.images import ImagesStack
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
        for workload in settings.workloads:
            deployment = DeploymentWorkload(
                self,
                workload.name,
                workload=workload,
                environment=environment,
                artifact_bucket=foundation.artifact_bucket,
                key=foundation.key,
                alerts=foundation.alerts,
                retention=self.log_retention,
                own_image_uri=images.uris.get(workload.name) if images else None,
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
