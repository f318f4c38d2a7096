"""Metrics stay bounded, and what is asked of them stays right."""

from __future__ import annotations

from typing import Any

from local_cloud.cloudwatch.points import statistic
from local_cloud.cloudwatch.retention import MOST_POINTS, rolled_up

NOW = 10_000_000.0


def points(seconds: int, *, a_second: int = 100) -> list[dict[str, Any]]:
    """So many values a second for so long, up to now."""
    dimensions = {"EndpointName": "e"}
    return [
        {
            "Timestamp": NOW - age,
            "Value": 1000.0 + (age * a_second + index) % 997,
            "Unit": "None",
            "Dimensions": dimensions,
        }
        for age in range(seconds, 0, -1)
        for index in range(a_second)
    ]


def test_an_hour_of_traffic_fits_into_few_points_and_its_sums_stay_exact() -> None:
    raw = points(3600, a_second=20)
    kept = rolled_up(raw, NOW)
    assert len(kept) <= MOST_POINTS < len(raw)
    for name in ("Sum", "SampleCount", "Average"):
        before, after = statistic(name, raw), statistic(name, kept)
        assert before is not None
        assert after is not None
        assert abs(after - before) < 1e-6 * before
    p99, exact = statistic("p99", kept), statistic("p99", raw)
    assert p99 is not None
    assert exact is not None
    assert abs(p99 - exact) < 0.05 * exact


def test_rolling_up_again_and_again_changes_nothing_more() -> None:
    once = rolled_up(points(600), NOW)
    assert rolled_up(once, NOW) == once


def test_the_last_seconds_are_kept_as_they_came() -> None:
    raw = points(10)
    assert rolled_up(raw, NOW) == raw


def test_statistic_sets_are_kept_and_what_is_too_old_goes() -> None:
    published = {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}
    of_set = {
        "Timestamp": NOW - 4000,
        "Value": 1.5,
        "Unit": "None",
        "Dimensions": {},
        "_stat": published,
    }
    ancient = {**of_set, "Timestamp": NOW - 16 * 24 * 3600}
    assert rolled_up([ancient, of_set], NOW) == [of_set]
