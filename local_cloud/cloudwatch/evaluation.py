"""The state of one metric alarm, as AWS evaluates it.

Rules: "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide. AWS
looks once a period at periods that begin on the clock; here a period is any stretch of that
length that ends now, so that an alarm over a minute sees a fault within a second or two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.cloudwatch.points import Point, statistic

Alarm = Mapping[str, Any]
"""What DescribeAlarms answers for a metric alarm."""

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_MORE_PERIODS = 2
"""How many periods before the evaluated ones stand in for missing data points."""


@dataclass(frozen=True)
class Verdict:
    """The state that an alarm should have, and why."""

    state: str
    reason: str


def evaluate(alarm: Alarm, points: Sequence[Point], now: float) -> Verdict:
    """``points`` are those of the alarm's very metric, in any order; times in seconds.

    An alarm that the local cloud cannot evaluate (anomaly detection, trimmed means) has
    INSUFFICIENT_DATA and a reason that says so.
    """
    compare = _COMPARISONS.get(alarm["ComparisonOperator"])
    if compare is None:
        text = f"the local cloud does not compare by {alarm['ComparisonOperator']}"
        return Verdict(INSUFFICIENT_DATA, f"Unchecked: {text}")
    try:
        values = datapoints(alarm, points, now)
    except ValueError as error:
        return Verdict(INSUFFICIENT_DATA, f"Unchecked: {error}")
    breaching = [value is not None and compare(value, alarm["Threshold"]) for value in values]
    state = _state(alarm, values, breaching)
    return Verdict(state, _reason(alarm, state, values, breaching))


def datapoints(alarm: Alarm, points: Sequence[Point], now: float) -> list[float | None]:
    """The statistic of each period of the evaluation range, newest first; None where data is
    missing. Raises ValueError for a statistic that is not known here."""
    period = alarm["Period"]
    periods = alarm["EvaluationPeriods"]
    if _treatment(alarm) in ("missing", "ignore"):
        periods += _MORE_PERIODS
    found: list[list[Point]] = [[] for _ in range(periods)]
    for point in points:
        age = int((now - point["Timestamp"]) // period)
        if 0 <= age < periods and alarm.get("Unit") in (None, point["Unit"]):
            found[age].append(point)
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    return [statistic(name, one) for one in found]


def _treatment(alarm: Alarm) -> str:
    return alarm.get("TreatMissingData") or "missing"


def _state(alarm: Alarm, values: Sequence[float | None], breaching: Sequence[bool]) -> str:
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    treatment = _treatment(alarm)
    present = [index for index, value in enumerate(values) if value is not None]
    missing = max(0, alarm["EvaluationPeriods"] - len(present))
    if not present:
        nothing = {"notBreaching": OK, "breaching": ALARM, "ignore": str(alarm["StateValue"])}
        return nothing.get(treatment, INSUFFICIENT_DATA)
    count = sum(breaching[index] for index in present[: alarm["EvaluationPeriods"]])
    if count >= needed or (treatment == "breaching" and count + missing >= needed):
        return ALARM
    if treatment == "ignore" and count + missing >= needed:
        return str(alarm["StateValue"])
    # AWS does not wait for more where all that there is breaches, and has done so long enough.
    old_enough = max(present) >= needed - 1
    if treatment == "missing" and old_enough and all(breaching[index] for index in present):
        return ALARM
    return OK


def _reason(
    alarm: Alarm, state: str, values: Sequence[float | None], breaching: Sequence[bool]
) -> str:
    given = [value for value in values if value is not None]
    if not given:
        treated = _treatment(alarm)
        how = "" if treated == "missing" else f" and were treated as [{treated}]"
        return f"no datapoints were received for {len(values)} periods{how}."
    count = sum(breaching)
    shown = ", ".join(f"{value:g}" for value in given[: alarm["EvaluationPeriods"]])
    comparison = alarm["ComparisonOperator"]
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    if state == ALARM:
        return (
            f"Threshold Crossed: {count} out of the last {len(given)} datapoints [{shown}] "
            f"breach {comparison} {alarm['Threshold']:g} (minimum {needed} for OK -> ALARM)."
        )
    return (
        f"Threshold Crossed: the last {len(given)} datapoints [{shown}] hold {count} that breach "
        f"{comparison} {alarm['Threshold']:g}, fewer than the {needed} that make an ALARM."
    )
