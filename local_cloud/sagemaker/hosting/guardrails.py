"""What a DeploymentConfig asks of an update: in which steps, with which waits, under what watch.

Rules: "Deployment guardrails" in the SageMaker developer guide, DeploymentConfig and its members
in the API reference. Shapes and ranges of numbers are checked before, against botocore's model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

ALL_AT_ONCE, CANARY, LINEAR, ROLLING = "ALL_AT_ONCE", "CANARY", "LINEAR", "ROLLING"


@dataclass(frozen=True)
class Size:
    """CapacitySize: a number of instances or a percentage of them."""

    kind: str
    value: int

    @staticmethod
    def of(capacity: Mapping[str, Any] | None) -> Size | None:
        return None if capacity is None else Size(capacity["Type"], capacity["Value"])

    def share(self, instances: int) -> Fraction:
        """Of a fleet of so many instances; above 1 where it is more than there are."""
        if self.kind == "INSTANCE_COUNT":
            return Fraction(self.value, instances)
        return Fraction(self.value, 100)

    def instances(self, total: int) -> int:
        """How many instances that is: at least one, at most all."""
        return max(1, min(total, math.ceil(self.share(total) * total)))


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """One update's; times in seconds."""

    kind: str = ALL_AT_ONCE
    size: Size | None = None
    """The canary, the linear step or the batch of a rolling update."""
    wait: int = 0
    """Baked after each shift of traffic, the last one included."""
    termination_wait: int = 0
    """Baked, too, before the old fleet ends. A rolling update has none."""
    timeout: int | None = None
    rollback_size: Size | None = None
    """The batch in which a rolling update goes back; None for all at once."""
    alarms: tuple[str, ...] = ()

    @staticmethod
    def parse(config: Mapping[str, Any]) -> Guardrails:
        """From a DeploymentConfig that :func:`faults` finds nothing in."""
        found = config.get("AutoRollbackConfiguration", {}).get("Alarms", ())
        alarms = tuple(alarm["AlarmName"] for alarm in found if "AlarmName" in alarm)
        if "RollingUpdatePolicy" in config:
            rolling = config["RollingUpdatePolicy"]
            return Guardrails(
                kind=ROLLING,
                size=Size.of(rolling["MaximumBatchSize"]),
                wait=rolling["WaitIntervalInSeconds"],
                timeout=rolling.get("MaximumExecutionTimeoutInSeconds"),
                rollback_size=Size.of(rolling.get("RollbackMaximumBatchSize")),
                alarms=alarms,
            )
        policy = config.get("BlueGreenUpdatePolicy", {})
        routing = policy.get("TrafficRoutingConfiguration", {})
        return Guardrails(
            kind=routing.get("Type", ALL_AT_ONCE),
            size=Size.of(routing.get("CanarySize", routing.get("LinearStepSize"))),
            wait=routing.get("WaitIntervalInSeconds", 0),
            termination_wait=policy.get("TerminationWaitInSeconds", 0),
            timeout=policy.get("MaximumExecutionTimeoutInSeconds"),
            alarms=alarms,
        )

    def shares(self, instances: int) -> list[Fraction]:
        """The new fleet's share of the traffic after each shift; the last is all of it."""
        if self.size is None:
            return [Fraction(1)]
        step = self.size.share(instances)
        if self.kind == CANARY:
            return [step, Fraction(1)]
        return [min(step * number, Fraction(1)) for number in range(1, math.ceil(1 / step) + 1)]


def faults(config: Mapping[str, Any]) -> list[str]:
    """What in a DeploymentConfig cannot be, whatever the endpoint."""
    found = []
    if {"BlueGreenUpdatePolicy", "RollingUpdatePolicy"} <= config.keys():
        found.append(
            "BlueGreenUpdatePolicy and RollingUpdatePolicy are both given; only one update policy "
            "can be used in the deployment configuration"
        )
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type", ALL_AT_ONCE)
    sizes = {"CanarySize": CANARY, "LinearStepSize": LINEAR}
    for member, wanted in sizes.items():
        if kind == wanted and member not in routing:
            found.append(f"TrafficRoutingConfiguration of type {kind} must have a {member}")
        if kind != wanted and member in routing:
            found.append(f"{member} must not be given with a TrafficRoutingConfiguration of {kind}")
    for policy in ("BlueGreenUpdatePolicy", "RollingUpdatePolicy"):
        found += _time_faults(policy, config.get(policy, {}))
    return found


def _time_faults(name: str, policy: Mapping[str, Any]) -> Iterable[str]:
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    routing = policy.get("TrafficRoutingConfiguration", policy)
    waits = routing.get("WaitIntervalInSeconds", 0) + policy.get("TerminationWaitInSeconds", 0)
    if timeout is not None and timeout <= waits:
        yield (
            f"MaximumExecutionTimeoutInSeconds of {name} is {timeout}; it must be larger than the "
            f"total waiting time of {waits} seconds in its wait intervals"
        )


_BOUNDS = {
    CANARY: ("CanarySize", 0, 50, "less than or equal to 50%"),
    LINEAR: ("LinearStepSize", 10, 50, "10-50%"),
    ROLLING: ("MaximumBatchSize", 5, 50, "between 5% to 50%"),
}


def size_faults(guardrails: Guardrails, instances: Mapping[str, int]) -> list[str]:
    """What in the sizes does not fit a fleet with so many instances, by variant."""
    if guardrails.kind not in _BOUNDS or guardrails.size is None:
        return []
    member, least, most, words = _BOUNDS[guardrails.kind]
    found = []
    for variant, count in instances.items():
        if count < 2:
            found.append(
                f"variant {variant} has {count} instance; {guardrails.kind} needs at least 2, of "
                f"which {member} can be a part"
            )
        elif not Fraction(least, 100) <= guardrails.size.share(count) <= Fraction(most, 100):
            given = f"{guardrails.size.kind} {guardrails.size.value}"
            found.append(
                f"{member} is {given}; it must be {words} of the total instance count of variant "
                f"{variant}, which is {count}"
            )
        back = guardrails.rollback_size
        if back is not None and back.share(max(1, count)) > 1:
            found.append(
                f"RollbackMaximumBatchSize is {back.kind} {back.value}; variant {variant} has "
                f"{count} instances"
            )
    return found
