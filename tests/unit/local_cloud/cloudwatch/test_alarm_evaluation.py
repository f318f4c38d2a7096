"""An alarm's state from the points of its metric, by AWS's rules."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, OK, evaluate

NOW = 1_000_000.0
BAD, GOOD, GAP = 9.0, 1.0, None
"""A breaching data point, one that is not, and none."""


def alarm(**more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "a",
        "StateValue": "kept",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
        **more,
    }


def point(value: float, age: float = 1.0, **more: Any) -> dict[str, Any]:
    return {"Timestamp": NOW - age, "Value": value, "Unit": "None", "Dimensions": {}, **more}


def series(*values: float | None) -> list[dict[str, Any]]:
    """A point a period, the oldest first, the last one in the period that ends now."""
    return [
        point(value, age=60.0 * (len(values) - 1 - index) + 1)
        for index, value in enumerate(values)
        if value is not None
    ]


@pytest.mark.parametrize(
    ("operator", "at_threshold", "above", "below"),
    [
        ("GreaterThanThreshold", OK, ALARM, OK),
        ("GreaterThanOrEqualToThreshold", ALARM, ALARM, OK),
        ("LessThanThreshold", OK, OK, ALARM),
        ("LessThanOrEqualToThreshold", ALARM, OK, ALARM),
    ],
)
def test_each_comparison_means_what_it_says(
    operator: str, at_threshold: str, above: str, below: str
) -> None:
    states = [
        evaluate(alarm(ComparisonOperator=operator), [point(value)], NOW).state
        for value in (5.0, 6.0, 4.0)
    ]
    assert states == [at_threshold, above, below]


# The rows and columns of AWS's table for an alarm of 3 out of 3. AWS has OK in the first row's
# third column, since it looks two periods further back there; here such an alarm sees a window of
# three periods that ends now.
@pytest.mark.parametrize(
    ("points", "missing", "ignore", "breaching", "not_breaching"),
    [
        ((GOOD, GAP, BAD, GAP, BAD), OK, OK, ALARM, OK),
        ((GAP, GAP, GAP, GAP, GOOD), OK, OK, OK, OK),
        ((GAP, GAP, GAP, GAP, GAP), INSUFFICIENT_DATA, "kept", ALARM, OK),
        ((GAP, GAP, BAD, BAD, BAD), ALARM, ALARM, ALARM, ALARM),
        ((GAP, GAP, BAD, GAP, GAP), ALARM, "kept", ALARM, OK),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(
    points: tuple[float | None, ...], missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    wanted = {
        "missing": missing,
        "ignore": ignore,
        "breaching": breaching,
        "notBreaching": not_breaching,
    }
    found = {
        treatment: evaluate(
            alarm(EvaluationPeriods=3, TreatMissingData=treatment), series(*points), NOW
        ).state
        for treatment in wanted
    }
    assert found == wanted


def test_two_of_three_data_points_are_enough_where_the_alarm_says_so() -> None:
    two_of_three = alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    assert evaluate(two_of_three, series(BAD, GOOD, BAD), NOW).state == ALARM
    assert evaluate(two_of_three, series(GOOD, GOOD, BAD), NOW).state == OK
    assert evaluate(alarm(EvaluationPeriods=3), series(BAD, GOOD, BAD), NOW).state == OK


def test_a_percentile_is_of_all_values_with_their_counts() -> None:
    points = [point(1.0, Count=98.0), point(100.0, Count=2.0)]
    at_p99 = alarm(ExtendedStatistic="p99")
    assert evaluate(at_p99, points, NOW).state == ALARM
    assert evaluate(alarm(ExtendedStatistic="p90"), points, NOW).state == OK


def test_a_rate_is_the_average_of_zeros_and_ones() -> None:
    points = [point(0.0, Count=990.0), point(1.0, Count=10.0)]
    assert evaluate(alarm(Threshold=0.009), points, NOW).state == ALARM
    assert evaluate(alarm(Threshold=0.01), points, NOW).state == OK


def test_data_older_than_the_window_or_of_another_unit_does_not_count() -> None:
    quiet = alarm(TreatMissingData="notBreaching")
    assert evaluate(quiet, [point(BAD, age=59.0)], NOW).state == ALARM
    assert evaluate(quiet, [point(BAD, age=61.0)], NOW).state == OK
    assert evaluate({**quiet, "Unit": "Seconds"}, [point(BAD)], NOW).state == OK


@pytest.mark.parametrize(
    "changes",
    [{"ComparisonOperator": "GreaterThanUpperThreshold"}, {"ExtendedStatistic": "tm99"}],
)
def test_what_cannot_be_evaluated_says_so(changes: dict[str, Any]) -> None:
    verdict = evaluate(alarm(**changes), [point(BAD)], NOW)
    assert verdict.state == INSUFFICIENT_DATA
    assert next(iter(changes.values())) in verdict.reason


def test_the_reason_holds_the_values_and_the_threshold() -> None:
    reason = evaluate(alarm(), [point(BAD)], NOW).reason
    assert reason.startswith("Threshold Crossed: 1 out of the last 1 datapoints [9]")
    assert "GreaterThanThreshold 5" in reason
