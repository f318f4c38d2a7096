"""Metric data as MiniStack's store keeps it, and the statistics of it.

A stored point is ``{"Timestamp": seconds, "Unit": ..., "Dimensions": {...}, "Value": v}`` with
``Count`` where the value was seen several times (1 without), or with ``_stat`` where a statistic
set was published.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Point = Mapping[str, Any]
_PERCENTILE = re.compile(r"p(100(\.0+)?|\d{1,2}(\.\d+)?)")
BASIC = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


def statistic(name: str, points: Sequence[Point]) -> float | None:
    """One statistic (``Average`` ... or a percentile like ``p99.9``) of the points of a period.

    None where there is none: no point, or a percentile of statistic sets, from which CloudWatch
    cannot tell one either. Raises ValueError for a statistic that is not known here.
    """
    if name not in BASIC and not _PERCENTILE.fullmatch(name):
        raise ValueError(f"the local cloud has no statistic {name}")
    sums = [_sums(point) for point in points]
    count = sum(one[0] for one in sums)
    if not count:
        return None
    if name == "SampleCount":
        return count
    if name == "Sum":
        return sum(one[1] for one in sums)
    if name == "Average":
        return sum(one[1] for one in sums) / count
    if name == "Minimum":
        return min(one[2] for one in sums)
    if name == "Maximum":
        return max(one[3] for one in sums)
    return percentile(points, float(name[1:]))


def percentile(points: Iterable[Point], percent: float) -> float | None:
    """By linear interpolation between the two nearest ranks; None for statistic sets."""
    counted: dict[float, float] = {}
    for point in points:
        if "_stat" in point:
            return None
        counted[point["Value"]] = counted.get(point["Value"], 0.0) + point.get("Count", 1.0)
    ordered = sorted(counted.items())
    total = sum(counted.values())
    if not total:
        return None
    rank = percent / 100 * (total - 1)
    low, high = _at(ordered, math.floor(rank)), _at(ordered, math.ceil(rank))
    return low + (high - low) * (rank - math.floor(rank))


def _at(ordered: Sequence[tuple[float, float]], rank: int) -> float:
    seen = 0.0
    for value, count in ordered:
        seen += count
        if rank < seen:
            return value
    return ordered[-1][0]


def _sums(point: Point) -> tuple[float, float, float, float]:
    """Sample count, sum, minimum and maximum."""
    published = point.get("_stat")
    if published is not None:
        names = ("SampleCount", "Sum", "Minimum", "Maximum")
        count, total, low, high = (float(published.get(name, 0)) for name in names)
        return count, total, low, high
    count, value = point.get("Count", 1.0), point["Value"]
    return count, count * value, value, value
