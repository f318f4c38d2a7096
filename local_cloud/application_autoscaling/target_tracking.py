"""Target tracking: the instance count that brings a metric to its target.

Behaviour: "Target tracking scaling policies" of the Application Auto Scaling user guide. It adds
at once as many instances as the metric asks for, and removes them only when the metric is well
below the target.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

SCALE_IN_SHARE = 0.9
"""Of the target: AWS's alarm for scaling in lies a tenth below it."""


def scale_out(configuration: Mapping[str, Any], *, base: int, value: float) -> int | None:
    """How many instances the metric's value asks for, ``base`` being those that it was measured
    on; None where it is not above the target.

    With no instances the value counts as one's: a backlog grows before anything works on it.
    """
    target = float(configuration["TargetValue"])
    return math.ceil(max(base, 1) * value / target) if value > target else None


def scale_in(configuration: Mapping[str, Any], *, capacity: int, value: float) -> int | None:
    """How many instances would do; None where the metric is not well below the target."""
    target = float(configuration["TargetValue"])
    if value >= SCALE_IN_SHARE * target:
        return None
    return min(capacity, math.ceil(capacity * value / target))
