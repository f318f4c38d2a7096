"""What the parts of the deployment state machine share: calls, times and failures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from infra.constructs.states import caught

# Deployments of one endpoint wait for each other, and each may take hours.
TIMEOUT_SECONDS = 7 * 24 * 3600

# An execution fails at the 25,000th event of its history. A look writes seven with its choice, two
# while it waits, five more with a probe; a look of a roll-back nine. No loop may look more often
# than this, however the settings are.
MAX_LOOKS = 600
# Looks for its turn come ever later, and at last this often: some 700 in the week.
MAX_TURN_SECONDS = 900

# Far longer than ListExecutions is known to lag.
SETTLE_SECONDS = 5

FAILED = caught("RollBack")
TRANSITIONAL = "['Creating', 'Updating', 'SystemUpdating', 'RollingBack']"


@dataclass(frozen=True)
class DeploymentCalls:
    """ARNs of what the state machine calls, and of itself.

    Attributes:
        plan: answers the requests to make for an approval event or for an operator's request.
        preflight: answers `{"plan"}`, members that replace the plan's, or fails.
        smoke_test: answers `{"passed", "detail"}`.
        roll_back: does one move towards what served before, answers `{"done", "detail"}`.
        clean_up: deletes what no deployment needs any more.
        alert_topic: hears how each deployment ended.
        state_machine: whose earlier executions are waited for.
        champion_parameter: name of the SSM parameter that holds the champion record.
        compare: answers `{"passed", "detail"}` about a shadow; empty where no model is one.
    """

    plan: str
    preflight: str
    smoke_test: str
    roll_back: str
    clean_up: str
    alert_topic: str
    state_machine: str
    champion_parameter: str
    compare: str = ""


@dataclass(frozen=True)
class DeploymentTimes:
    """How long the state machine waits.

    Attributes:
        poll_seconds: between two looks at the endpoint, or longer where the timeout would take
            more than MAX_LOOKS of them.
        timeout_seconds: that the endpoint may take to be in service, and again to roll back.
        bake_seconds: that the new version serves before the smoke test.
    """

    poll_seconds: int
    timeout_seconds: int
    bake_seconds: int

    @property
    def pause_seconds(self) -> int:
        """How long it is between two looks."""
        return max(self.poll_seconds, math.ceil(self.timeout_seconds / MAX_LOOKS))

    @property
    def settle_seconds(self) -> int:
        """How long an execution lets others become visible before it looks for them."""
        return min(SETTLE_SECONDS, self.poll_seconds)

    @property
    def looks(self) -> int:
        """How often the endpoint is looked at before the time is over."""
        return max(1, self.timeout_seconds // self.pause_seconds)
