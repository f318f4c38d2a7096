"""All that stands behind the batches of one workload in mode batch."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import names
from infra.constructs.batch_functions import GATHER_TIMEOUT, BatchFunctions
from infra.constructs.batch_states import BatchCalls, batch_definition
from infra.constructs.intake_queue import IntakeQueue
from infra.constructs.on_delete import MAX_DURATION, OnDelete
from infra.constructs.python_function import PythonFunction
from infra.constructs.state_machine import WorkflowStateMachine
from infra.constructs.statements import encrypt_volumes, sagemaker_arn, state_machine_arn
from infra.serving_contract import serving_contract
from infra.settings import EnvironmentSettings, WorkloadSettings
from infra.settings.instance_types import has_local_storage
from infra.settings.serving_modes import BatchModeSettings


class BatchWorkload(Construct):
    """Functions, state machine, and what starts it: uploads, and a schedule if there is one.

    Args:
        batch: the workload's settings of batch.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: WorkloadSettings,
        batch: BatchModeSettings,
        environment: EnvironmentSettings,
        data_bucket: s3.IBucket,
        key: kms.IKey,
        alerts: sns.ITopic,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._retention = retention
        self._jobs = names.batch_job_prefix(environment.name, workload.name)
        name = names.batch_state_machine_name(environment.name, workload.name)
        self._machine_arn = state_machine_arn(self, name)
        functions = BatchFunctions(
            self,
            "Functions",
            environment_name=environment.name,
            workload_name=workload.name,
            serving=serving_contract(workload.serving).to_json(),
            quiet_seconds=batch.quiet_seconds,
            content_type=workload.serving.content_types[0],
            accept=workload.serving.response_types[0],
            # SageMaker refuses a key for instance types with storage of their own.
            volume_key_arn="" if has_local_storage(batch.instance_type) else key.key_arn,
            state_machine_arn=self._machine_arn,
            data_bucket=data_bucket,
            key=key,
            retention=retention,
        )
        machine = WorkflowStateMachine(
            self,
            "Answer",
            name=name,
            definition=batch_definition(
                calls=BatchCalls(
                    freeze=functions.freeze.function.function_arn,
                    advance=functions.advance.function.function_arn,
                    alert_topic=alerts.topic_arn,
                    state_machine=self._machine_arn,
                    workload=workload.name,
                ),
                quiet_seconds=batch.quiet_seconds,
                poll_seconds=environment.deployment.poll_seconds,
            ),
            functions=(functions.freeze.function, functions.advance.function),
            alerts=alerts,
            queues=(),
            key=key,
            retention=retention,
        )
        for statement in self._calls_of_aws():
            machine.role.add_to_policy(statement)
        self.state_machine = machine.state_machine
        queue = IntakeQueue(
            self,
            "Uploads",
            name=name,
            bucket=data_bucket,
            prefix=names.batch_input_prefix(workload.name),
            consumer=functions.gather.function,
            consumer_role=functions.gather.role,
            consumer_timeout=GATHER_TIMEOUT,
            alerts=alerts,
            # It has next to nothing to do, and Lambda takes no fewer.
            max_concurrency=2,
        )
        # An upload must not come while the roles' policies are still being written.
        queue.rule.node.add_dependency(machine.role, functions, machine.state_machine)
        # Deleted first, so that no execution makes another job while the last ones are stopped.
        machine.node.add_dependency(self._tear_down())
        if batch.schedule:
            rule = self._schedule(name, batch.schedule, queue)
            rule.node.add_dependency(machine.role, functions)

    def _schedule(self, name: str, schedule: str, queue: IntakeQueue) -> events.Rule:
        return events.Rule(
            self,
            "Schedule",
            rule_name=f"{name}-schedule",
            description=f"Answers what was uploaded to {name}, in UTC: {schedule}",
            schedule=events.Schedule.expression(schedule),
            targets=[
                targets.SfnStateMachine(
                    self.state_machine,
                    input=events.RuleTargetInput.from_object({"trigger": "schedule"}),
                    dead_letter_queue=queue.dead_letters,
                )
            ],
        )

    def _tear_down(self) -> OnDelete:
        function = PythonFunction(
            self,
            "StopTransforms",
            word="serving",
            handler="tear_down",
            description="Stops the transform jobs of batches when their stack is deleted",
            environment={},
            key=self._key,
            retention=self._retention,
            timeout=MAX_DURATION,
        )
        function.allow(
            iam.PolicyStatement(
                sid="StopJobs",
                actions=["sagemaker:StopTransformJob"],
                resources=[sagemaker_arn(self, f"transform-job/{self._jobs}*")],
            ),
            # The call takes no resource.
            iam.PolicyStatement(
                sid="FindJobs", actions=["sagemaker:ListTransformJobs"], resources=["*"]
            ),
        )
        return OnDelete(
            self,
            "OnDelete",
            function=function.function,
            resource_type="Custom::StopTransformJobs",
            properties={"JobPrefix": self._jobs},
            before=(),
        )

    def _calls_of_aws(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                sid="FindEarlierExecutions",
                actions=["states:ListExecutions"],
                resources=[self._machine_arn],
            ),
            iam.PolicyStatement(
                sid="RunJobs",
                actions=[
                    "sagemaker:CreateTransformJob",
                    "sagemaker:DescribeTransformJob",
                    "sagemaker:StopTransformJob",
                ],
                resources=[sagemaker_arn(self, f"transform-job/{self._jobs}*")],
            ),
            *encrypt_volumes(self._key),
        ]
