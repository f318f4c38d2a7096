"""A Step Functions state machine with its role, log group and trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.execution_alarms import ExecutionAlarms
from infra.constructs.statements import publish


class WorkflowStateMachine(Construct):
    """A standard state machine whose definition is a dict in Amazon States Language.

    Its role may call what is granted here and nothing else: the functions, the topic and the
    queues that the definition names. What its SDK integrations need, callers add to `role`.

    Args:
        definition: the states; CDK tokens in it are resolved.
        functions: the Lambda functions that it invokes.
        alerts: the topic that it publishes to, and that hears of executions which could not.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        definition: Mapping[str, Any],
        functions: tuple[lambda_.IFunction, ...],
        alerts: sns.ITopic,
        queues: tuple[sqs.IQueue, ...],
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        # Log groups under this prefix do not use up the size of the account's one resource
        # policy for log delivery (Step Functions developer guide, "Logging").
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=retention,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"What {name} may do",
        )
        self._allow(
            "InvokeFunctions", ["lambda:InvokeFunction"], [f.function_arn for f in functions]
        )
        self._allow("KeepFailures", ["sqs:SendMessage"], [queue.queue_arn for queue in queues])
        for statement in publish(alerts, key):
            self.role.add_to_policy(statement)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            role=self.role,
            definition_body=sfn.DefinitionBody.from_string(
                Stack.of(self).to_json_string(dict(definition))
            ),
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
            tracing_enabled=True,
        )
        ExecutionAlarms(self, "Alarms", name=name, state_machine=self.state_machine, alerts=alerts)

    def _allow(self, sid: str, actions: list[str], resources: list[str]) -> None:
        if resources:
            self.role.add_to_policy(
                iam.PolicyStatement(sid=sid, actions=actions, resources=resources)
            )
