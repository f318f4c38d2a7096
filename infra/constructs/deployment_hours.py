"""The hours in which there is an endpoint: schedules that start the deployment's state machine."""

from __future__ import annotations

from constructs import Construct

from contracts.operator_requests import PAUSE, RESUME
from contracts.traffic_split import ACTION
from infra.constructs.deployment_schedule import DeploymentSchedules
from infra.settings.serving_scaling import HoursSettings


class DeploymentHours(DeploymentSchedules):
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
        super().__init__(
            scope,
            construct_id,
            what=f"Pauses and resumes the endpoint of {name}",
            state_machine_arn=state_machine_arn,
        )
        for action, expression in ((PAUSE, hours.stop), (RESUME, hours.start)):
            self.start(
                {ACTION: action},
                name=f"{name}-{action}",
                description=f"Lets the endpoint {action}: serving.hours of the workload",
                expression=expression,
                timezone=hours.timezone,
            )
