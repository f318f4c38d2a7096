"""A schedule that starts the deployment's state machine, which owns the endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

# The templated target of Step Functions gives executions names of its own making, and one of
# those would count as an approval, before which the others step back.
_START = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"


class DeploymentSchedules(Construct):
    """Schedules of one workload, and the role that they have together.

    Args:
        what: they do, for people who read the role.
        state_machine_arn: of the deployment.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, what: str, state_machine_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._state_machine_arn = state_machine_arn
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description=what,
        )
        self._role.add_to_policy(
            iam.PolicyStatement(
                sid="StartDeployment",
                actions=["states:StartExecution"],
                resources=[state_machine_arn],
            )
        )

    def start(
        self,
        request: Mapping[str, str],
        *,
        name: str,
        description: str,
        expression: str,
        timezone: str | None = None,
    ) -> None:
        """Start an execution with the input `request`, whose `action` begins its name.

        Args:
            expression: `cron(...)` or `rate(...)`.
            timezone: of a cron expression; UTC unless told.
        """
        action = request["action"]
        schedule = scheduler.CfnSchedule(
            self,
            action.capitalize(),
            name=name,
            description=description,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            schedule_expression=expression,
            schedule_expression_timezone=timezone,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=_START,
                role_arn=self._role.role_arn,
                input=json.dumps(
                    {
                        "StateMachineArn": self._state_machine_arn,
                        "Name": f"{action}-<aws.scheduler.execution-id>",
                        "Input": json.dumps(dict(request)),
                    }
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3_600, maximum_retry_attempts=10
                ),
            ),
        )
        schedule.node.add_dependency(self._role)
