"""Step scaling: how far an alarm's breach moves the instance count.

Steps and their bounds: "Step scaling policies" of the Application Auto Scaling user guide.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LOWER, UPPER = "MetricIntervalLowerBound", "MetricIntervalUpperBound"


def interval_faults(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Steps must cover what they cover without gaps and overlaps."""
    if not steps:
        yield "StepAdjustments must have at least one step."
    bounds = sorted((step.get(LOWER, -math.inf), step.get(UPPER, math.inf)) for step in steps)
    for low, high in bounds:
        if low >= high:
            yield f"The step from {low} to {high} is empty."
    for (_, end), (start, _) in itertools.pairwise(bounds):
        if end != start:
            kind = "overlap" if start < end else "leave a gap"
            yield f"Two steps {kind} between {min(start, end)} and {max(start, end)}."


def wanted(configuration: Mapping[str, Any], *, capacity: int, breach: float) -> int:
    """The instance count that a metric ``breach`` above (below: negative) its alarm's threshold
    asks for; ``capacity`` where no step is for such a breach."""
    step = next((s for s in configuration["StepAdjustments"] if _covers(s, breach)), None)
    if step is None:
        return capacity
    adjustment = int(step["ScalingAdjustment"])
    if configuration["AdjustmentType"] == "ExactCapacity":
        return max(0, adjustment)
    if configuration["AdjustmentType"] == "PercentChangeInCapacity":
        adjustment = _percent(capacity, adjustment, configuration.get("MinAdjustmentMagnitude", 1))
    return max(0, capacity + adjustment)


def _covers(step: Mapping[str, Any], breach: float) -> bool:
    """A bound belongs to the step that lies farther from the threshold."""
    low, high = step.get(LOWER, -math.inf), step.get(UPPER, math.inf)
    return bool(low <= breach < high if breach >= 0 else low < breach <= high)


def _percent(capacity: int, percent: int, least: int) -> int:
    """Values above 1 are rounded down, those between 0 and 1 up, and alike below 0."""
    exact = capacity * percent / 100
    rounded = int(exact) if abs(exact) > 1 else math.copysign(math.ceil(abs(exact)), exact)
    return int(math.copysign(max(abs(rounded), least), percent))
