from __future__ import annotations

from typing import Any

import pytest

from local_cloud.application_autoscaling.metrics import CloudWatchMetrics, Followed
from local_cloud.ministack_bridge.cloudwatch import Metric

NOW = 10_000.0
METRIC = Metric.of("AWS/SageMaker", "HasBacklogWithoutCapacity", {"EndpointName": "birds"})
POLICY = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:1"


class CloudWatchDouble:
    def __init__(self, ages: dict[float, float], **alarm: Any) -> None:
        self.stored = [
            {"Timestamp": NOW - age, "Value": value, "Unit": "Count", "Dimensions": {}}
            for age, value in ages.items()
        ]
        self.alarm = {
            "AlarmName": "backlog",
            "AlarmActions": [POLICY],
            "StateValue": "ALARM",
            "Namespace": METRIC.namespace,
            "MetricName": METRIC.name,
            "Dimensions": [{"Name": "EndpointName", "Value": "birds"}],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            **alarm,
        }

    def points(self, metric: Metric) -> list[dict[str, Any]]:
        return self.stored if metric == METRIC else []

    def metric_alarms(self) -> list[dict[str, Any]]:
        return [self.alarm]


@pytest.mark.parametrize(
    ("statistic", "expected"), [("Sum", 7.0), ("Average", 3.5), ("Minimum", 2.0), ("Maximum", 5.0)]
)
def test_a_policy_follows_the_last_minute_alone(statistic: str, expected: float) -> None:
    metrics = CloudWatchMetrics(CloudWatchDouble({70: 100.0, 59: 2.0, 1: 5.0}))
    assert metrics.value(Followed(METRIC, statistic), NOW) == expected


def test_without_a_point_in_the_last_minute_there_is_no_value() -> None:
    metrics = CloudWatchMetrics(CloudWatchDouble({70: 100.0}))
    assert metrics.value(Followed(METRIC, "Sum"), NOW) is None


def test_an_alarm_that_fires_says_by_how_much_it_is_breached() -> None:
    (alarm,) = CloudWatchMetrics(CloudWatchDouble({5: 4.0, 30: 2.0})).firing(POLICY, NOW)
    assert (alarm.name, alarm.breach) == ("backlog", 2.0)


def test_a_breach_that_is_just_over_counts_as_none_at_all_but_on_its_side() -> None:
    (alarm,) = CloudWatchMetrics(CloudWatchDouble({5: 0.0, 30: 1.0})).firing(POLICY, NOW)
    assert alarm.breach == 0.0
    falling = CloudWatchDouble({5: 0.4}, ComparisonOperator="LessThanThreshold")
    (alarm,) = CloudWatchMetrics(falling).firing(POLICY, NOW)
    assert alarm.breach == pytest.approx(-0.6)


@pytest.mark.parametrize(
    "alarm", [{"StateValue": "OK"}, {"AlarmActions": []}, {"ActionsEnabled": False}]
)
def test_an_alarm_that_does_not_fire_or_is_no_ones_scales_nothing(alarm: dict[str, Any]) -> None:
    assert CloudWatchMetrics(CloudWatchDouble({5: 4.0}, **alarm)).firing(POLICY, NOW) == []
