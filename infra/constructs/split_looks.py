"""Looks at a split of the requests, which shift or end it by themselves."""

from __future__ import annotations

from constructs import Construct

from contracts.serving import Serving
from contracts.traffic_split import ACTION, JUDGE
from infra.constructs.deployment_schedule import DeploymentSchedules

_MOST_MINUTES = 15


class SplitLooks(DeploymentSchedules):
    """Starts the deployment's state machine again and again, to look at the split if one is on.

    Args:
        serving: with `split_steps` or `winner`, or there is nothing to look for.
        state_machine_arn: of the deployment, which owns the endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        serving: Serving,
        state_machine_arn: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            what=f"Looks at splits of the requests to {name}",
            state_machine_arn=state_machine_arn,
        )
        minutes = min(_MOST_MINUTES, serving.split_steps.minutes if serving.split_steps else 60)
        self.start(
            {ACTION: JUDGE},
            name=f"{name}-{JUDGE}",
            description="Shifts or ends a split: serving.split_steps, serving.winner",
            expression=f"rate({minutes} minute{'' if minutes == 1 else 's'})",
        )
