"""Metrics of bounded size: the older, the coarser, as CloudWatch rolls its data up.

A value keeps its count, so that sums, averages and counts stay exact; of values themselves two
or three digits remain after a while, which percentiles feel by 0.5 % or 5 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from local_cloud.cloudwatch.points import Point

_LEVELS = ((15.0, 0.0, 3), (300.0, 10.0, 3), (10_800.0, 60.0, 2), (float("inf"), 300.0, 2))
"""(up to this age, merged over this time, to so many significant digits); 0 merges nothing."""
MOST_SECONDS = 15 * 24 * 3600.0
MOST_POINTS = 5_000
"""Of one metric; the oldest go first."""


def rolled_up(points: Sequence[Point], now: float) -> list[dict[str, Any]]:
    """The same data in fewer points, oldest first. Statistic sets are kept as they are."""
    kept: list[dict[str, Any]] = []
    counts: defaultdict[tuple[float, float, str], float] = defaultdict(float)
    sums: defaultdict[tuple[float, float, str], float] = defaultdict(float)
    dimensions: dict[str, str] = {}
    for point in points:
        dimensions = point["Dimensions"]
        age = now - point["Timestamp"]
        if age > MOST_SECONDS:
            continue
        span, digits = next((span, digits) for most, span, digits in _LEVELS if age <= most)
        if not span or "_stat" in point:
            kept.append(dict(point))
            continue
        at = point["Timestamp"] // span * span
        key = (at, to_digits(point["Value"], digits), point["Unit"])
        counts[key] += point.get("Count", 1.0)
        sums[key] += point.get("Count", 1.0) * point["Value"]
    # One object for all: what copies the store copies it once.
    kept += [
        {
            "Timestamp": key[0],
            # The mean of what was merged, so that sums stay what they were.
            "Value": sums[key] / count,
            "Unit": key[2],
            "Dimensions": dimensions,
            "Count": count,
        }
        for key, count in counts.items()
        if count
    ]
    kept.sort(key=lambda point: point["Timestamp"])
    return kept[-MOST_POINTS:]


def to_digits(value: float, digits: int) -> float:
    """Rounded to so many significant digits."""
    return float(f"{value:.{digits - 1}e}")
