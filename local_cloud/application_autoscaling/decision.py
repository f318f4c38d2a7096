"""How many instances a target should have: pure logic over what was read a moment ago.

How several policies agree: "If multiple scaling policies are in force" of the Application Auto
Scaling user guide: the largest capacity wins, and instances are removed only when every target
tracking policy that may remove some agrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local_cloud.application_autoscaling import step_scaling, target_tracking
from local_cloud.application_autoscaling.policies import CONFIGURATIONS, TARGET_TRACKING

DEFAULT_COOLDOWN_SECONDS = 300
LOW_SECONDS = 60
"""How long a metric must lie below its target before instances go. AWS waits 15 minutes."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """When the target was last scaled (epoch seconds; None: never), and from how many instances
    it was scaled out."""

    out_at: float | None = None
    out_from: int = 0
    in_at: float | None = None

    def at_pace(self, scale: float, now: float) -> Past:
        """As it looks where time passes so many times as fast: longer ago."""

        def aged(at: float | None) -> float | None:
            return None if at is None else now - (now - at) * scale

        return replace(self, out_at=aged(self.out_at), in_at=aged(self.in_at))


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """A target tracking policy and its metric over the last minute; None: nothing was measured.

    ``low_since`` (epoch seconds) is since when the metric lies well below the target.
    """

    name: str
    configuration: Mapping[str, Any]
    metric: str
    value: float | None
    low_since: float | None


@dataclass(frozen=True, kw_only=True)
class Alarmed:
    """A step scaling policy whose alarm is in ALARM; ``breach`` is metric minus threshold."""

    name: str
    configuration: Mapping[str, Any]
    alarm: str
    breach: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    capacity: int
    cause: str


def within_bounds(target: Mapping[str, Any], capacity: int) -> Decision | None:
    """What brings a target back between its bounds; None where it lies there."""
    low, high = target["MinCapacity"], target["MaxCapacity"]
    if capacity < low:
        return Decision(capacity=low, cause=f"minimum capacity was set to {low}")
    if capacity > high:
        return Decision(capacity=high, cause=f"maximum capacity was set to {high}")
    return None


def decide(
    target: Mapping[str, Any],
    *,
    capacity: int,
    past: Past,
    tracked: Iterable[Tracked],
    alarmed: Iterable[Alarmed],
    now: float,
) -> Decision | None:
    """None where the instance count is right or must stay."""
    tracked, alarmed = list(tracked), list(alarmed)
    suspended = target["SuspendedState"]
    more = (
        []
        if suspended["DynamicScalingOutSuspended"]
        else _more(capacity, past, tracked, alarmed, now)
    )
    if more:
        return _bounded(target, max(more, key=_capacity), capacity)
    if suspended["DynamicScalingInSuspended"]:
        return None
    fewer = _fewer(capacity, past, tracked, alarmed, now)
    return _bounded(target, max(fewer, key=_capacity), capacity) if fewer else None


def _capacity(decision: Decision) -> int:
    return decision.capacity


def _bounded(target: Mapping[str, Any], decision: Decision, capacity: int) -> Decision | None:
    bounded = min(max(decision.capacity, target["MinCapacity"]), target["MaxCapacity"])
    return None if bounded == capacity else Decision(capacity=bounded, cause=decision.cause)


def _more(
    capacity: int, past: Past, tracked: list[Tracked], alarmed: list[Alarmed], now: float
) -> list[Decision]:
    found = []
    for policy in tracked:
        if policy.value is None:
            continue
        # What was just added counts: only a larger need adds more before the cooldown is over.
        base = _base(capacity, past, policy.configuration, "ScaleOutCooldown", now)
        wanted = target_tracking.scale_out(policy.configuration, base=base, value=policy.value)
        if wanted is not None and wanted > capacity:
            found.append(Decision(capacity=wanted, cause=_cause_tracked(policy, "above")))
    for alarm in alarmed:
        base = _base(capacity, past, alarm.configuration, "Cooldown", now)
        wanted = step_scaling.wanted(alarm.configuration, capacity=base, breach=alarm.breach)
        if wanted > capacity:
            found.append(Decision(capacity=wanted, cause=_cause_alarm(alarm)))
    return found


def _fewer(
    capacity: int, past: Past, tracked: list[Tracked], alarmed: list[Alarmed], now: float
) -> list[Decision]:
    found = []
    for policy in tracked:
        if policy.configuration.get("DisableScaleIn"):
            continue
        wanted = _lowered(policy, capacity, past, now)
        if wanted is None:
            return []
        found.append(Decision(capacity=wanted, cause=_cause_tracked(policy, "below")))
    for alarm in alarmed:
        if _cools(past.in_at, alarm.configuration, "Cooldown", now):
            continue
        wanted = step_scaling.wanted(alarm.configuration, capacity=capacity, breach=alarm.breach)
        if wanted < capacity:
            found.append(Decision(capacity=wanted, cause=_cause_alarm(alarm)))
    return found


def _lowered(policy: Tracked, capacity: int, past: Past, now: float) -> int | None:
    """None where the policy does not agree to fewer instances now."""
    low = policy.low_since is not None and now - policy.low_since >= LOW_SECONDS
    if not low or policy.value is None:
        return None
    if _cools(past.in_at, policy.configuration, "ScaleInCooldown", now):
        return None
    return target_tracking.scale_in(policy.configuration, capacity=capacity, value=policy.value)


def _base(
    capacity: int, past: Past, configuration: Mapping[str, Any], member: str, now: float
) -> int:
    return past.out_from if _cools(past.out_at, configuration, member, now) else capacity


def _cools(at: float | None, configuration: Mapping[str, Any], member: str, now: float) -> bool:
    cooldown = float(configuration.get(member, DEFAULT_COOLDOWN_SECONDS))
    return at is not None and now < at + cooldown


def _cause_tracked(policy: Tracked, side: str) -> str:
    target = policy.configuration["TargetValue"]
    return (
        f"metric {policy.metric} was {policy.value:g} over the last minute, {side} the target "
        f"value {target:g}: triggered policy {policy.name}"
    )


def _cause_alarm(alarm: Alarmed) -> str:
    return f"monitor alarm {alarm.alarm} in state ALARM triggered policy {alarm.name}"


def is_step(policy: Mapping[str, Any]) -> bool:
    return bool(policy["PolicyType"] != TARGET_TRACKING)


def configuration_of(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    configuration: Mapping[str, Any] = policy[CONFIGURATIONS[policy["PolicyType"]]]
    return configuration
