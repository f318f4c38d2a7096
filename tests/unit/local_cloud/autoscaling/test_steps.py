from __future__ import annotations

from typing import Any

import pytest

from local_cloud.application_autoscaling.step_scaling import interval_faults, wanted


def step(low: float | None, high: float | None, adjustment: int) -> dict[str, Any]:
    bounds = {"MetricIntervalLowerBound": low, "MetricIntervalUpperBound": high}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return {**given, "ScalingAdjustment": adjustment}


LADDER = [step(None, -10, -2), step(-10, 0, -1), step(0, 10, 1), step(10, None, 3)]


@pytest.mark.parametrize(
    ("breach", "expected"), [(0, 6), (9.9, 6), (10, 8), (99, 8), (-5, 4), (-10, 3), (-11, 3)]
)
def test_the_farther_the_breach_the_larger_the_step(breach: float, expected: int) -> None:
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": LADDER}
    assert wanted(configuration, capacity=5, breach=breach) == expected


@pytest.mark.parametrize(
    ("capacity", "percent", "least", "expected"),
    [(10, 25, 1, 12), (3, 10, 1, 4), (10, 10, 2, 12), (10, -25, 1, 8), (3, -10, 1, 2)],
)
def test_percents_are_rounded_as_aws_does(
    capacity: int, percent: int, least: int, expected: int
) -> None:
    configuration = {
        "AdjustmentType": "PercentChangeInCapacity",
        "StepAdjustments": [step(None, None, percent)],
        "MinAdjustmentMagnitude": least,
    }
    assert wanted(configuration, capacity=capacity, breach=1) == expected


def test_an_exact_capacity_is_taken_and_a_breach_without_a_step_changes_nothing() -> None:
    configuration = {"AdjustmentType": "ExactCapacity", "StepAdjustments": [step(0, None, 7)]}
    assert wanted(configuration, capacity=2, breach=3) == 7
    assert wanted(configuration, capacity=2, breach=-3) == 2


def test_steps_that_overlap_leave_a_gap_or_are_empty_are_named() -> None:
    assert list(interval_faults(LADDER)) == []
    assert "overlap between 5" in " ".join(interval_faults([step(0, 6, 1), step(5, None, 2)]))
    assert "leave a gap between 5" in " ".join(interval_faults([step(0, 5, 1), step(6, None, 2)]))
    assert "is empty" in " ".join(interval_faults([step(5, 5, 1)]))
    assert "at least one" in " ".join(interval_faults([]))
