"""The hours in which there is an endpoint: schedules that start the deployment's state machine."""

from __future__ import annotations

import json

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.settings.serving_scaling import HoursSettings

# The templated target of Step Functions gives executions names of its own making, and one of
# those would count as an approval, before which the others step back.
_START = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"


class DeploymentHours(Construct):
    """Pauses the endpoint at the end of its hours, and resumes it when they begin.

    An approval outside the hours goes live at once and stays until the next end of the hours:
    somebody wants that model now.

    Args:
        state_machine_arn: of the deployment, which owns the endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        hours: HoursSettings,
        state_machine_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description=f"Pauses and resumes the endpoint of {name}",
        )
        role.add_to_policy(
            iam.PolicyStatement(
                sid="StartDeployment",
                actions=["states:StartExecution"],
                resources=[state_machine_arn],
            )
        )
        for action, expression in (("pause", hours.stop), ("resume", hours.start)):
            schedule = scheduler.CfnSchedule(
                self,
                action.capitalize(),
                name=f"{name}-{action}",
                description=f"Lets the endpoint {action}: serving.hours of the workload",
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                schedule_expression=expression,
                schedule_expression_timezone=hours.timezone,
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=_START,
                    role_arn=role.role_arn,
                    input=json.dumps(
                        {
                            "StateMachineArn": state_machine_arn,
                            "Name": f"{action}-<aws.scheduler.execution-id>",
                            "Input": json.dumps({"action": action}),
                        }
                    ),
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=3_600, maximum_retry_attempts=10
                    ),
                ),
            )
            schedule.node.add_dependency(role)
