"""Serving without an endpoint: batch transform of what is uploaded, with a champion's model."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from contracts import names
from infra.constructs.batch_workload import BatchWorkload
from infra.settings import Settings
from stacks.deployment import DeploymentStack
from stacks.foundation import FoundationStack
from stacks.stage import StageStack


def has_batches(settings: Settings) -> bool:
    """Whether any workload of the environment is in mode batch."""
    return any(workload.serving.batch is not None for workload in settings.workloads)


class ServingStack(StageStack):
    """The batch state machine, its functions and triggers, of each workload in mode batch."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        foundation: FoundationStack,
        deployment: DeploymentStack,
    ) -> None:
        super().__init__(scope, word="serving", settings=settings)
        # It makes the models that answer, and their role.
        self.add_stack_dependency(deployment)
        bucket = foundation.data_bucket
        for workload in settings.workloads:
            if workload.serving.batch is None:
                continue
            machine = BatchWorkload(
                self,
                workload.name,
                workload=workload,
                batch=workload.serving.batch,
                environment=settings.environment,
                data_bucket=bucket,
                key=foundation.key,
                alerts=foundation.alerts,
                retention=self.log_retention,
            ).state_machine
            CfnOutput(
                self,
                names.output_key("BatchInputUri", workload.name),
                value=f"s3://{bucket.bucket_name}/{names.batch_input_prefix(workload.name)}",
            )
            CfnOutput(
                self,
                names.output_key("BatchStateMachineArn", workload.name),
                value=machine.state_machine_arn,
            )
