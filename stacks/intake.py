"""Intake: an upload becomes one immutable dataset version and exactly one pipeline run."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from contracts import names
from infra.constructs.intake_functions import GATHER_TIMEOUT, IntakeFunctions
from infra.constructs.intake_queue import IntakeQueue
from infra.constructs.intake_states import intake_definition
from infra.constructs.intake_table import IntakeTable
from infra.constructs.state_machine import WorkflowStateMachine
from infra.constructs.statements import state_machine_arn
from infra.settings import Settings
from stacks.foundation import FoundationStack
from stacks.stage import StageStack


class IntakeStack(StageStack):
    """Event rule, queue, table, functions and the state machine that waits for quiet."""

    def __init__(
        self, scope: Construct, *, settings: Settings, foundation: FoundationStack
    ) -> None:
        super().__init__(scope, word="intake", settings=settings)
        environment = settings.environment
        name = names.intake_state_machine_name(environment.name)
        bucket, key, alerts = foundation.data_bucket, foundation.key, foundation.alerts

        table = IntakeTable(self, "State", key=key).table
        functions = IntakeFunctions(
            self,
            "Functions",
            environment=environment,
            table=table,
            state_machine_arn=state_machine_arn(self, name),
            data_bucket=bucket,
            alerts=alerts,
            key=key,
            retention=self.log_retention,
        )
        queue = IntakeQueue(
            self,
            "Uploads",
            name=name,
            bucket=bucket,
            prefix=names.UPLOADS,
            consumer=functions.gather.function,
            consumer_role=functions.gather.role,
            consumer_timeout=GATHER_TIMEOUT,
            alerts=alerts,
        )
        called = (functions.check_quiet, functions.freeze, functions.release)
        machine = WorkflowStateMachine(
            self,
            "WaitForQuiet",
            name=name,
            definition=intake_definition(
                quiet_seconds=environment.intake.quiet_seconds,
                check_quiet=functions.check_quiet.function.function_arn,
                freeze=functions.freeze.function.function_arn,
                release=functions.release.function.function_arn,
                dead_letters_url=queue.dead_letters.queue_url,
                alert_topic_arn=alerts.topic_arn,
            ),
            functions=tuple(each.function for each in called),
            alerts=alerts,
            queues=(queue.dead_letters,),
            key=key,
            retention=self.log_retention,
        ).state_machine

        CfnOutput(self, "IntakeStateMachineArn", value=machine.state_machine_arn)
        CfnOutput(self, "IntakeDeadLettersUrl", value=queue.dead_letters.queue_url)
        for workload in environment.workloads:
            CfnOutput(
                self,
                names.output_key("UploadUri", workload),
                value=f"s3://{bucket.bucket_name}/{names.upload_prefix(workload)}",
            )
