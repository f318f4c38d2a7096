"""The background look at all alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local_cloud.cloudwatch.watch import HELD_SECONDS, Watch
from local_cloud.ministack_bridge.cloudwatch import Metric

NOW = 1_000_000.0


class CloudWatchDouble:
    def __init__(self) -> None:
        self.stored: dict[Metric, list[dict[str, Any]]] = {}
        self.alarms: list[dict[str, Any]] = []
        self.changes: list[tuple[str, str]] = []

    def points(self, metric: Metric) -> list[dict[str, Any]]:
        return self.stored.get(metric, [])

    def rewrite(self, change: Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        self.stored = {metric: change(points) for metric, points in self.stored.items()}

    def metric_alarms(self) -> list[dict[str, Any]]:
        return self.alarms

    def set_state(self, alarm: dict[str, Any], state: str, reason: str) -> None:
        assert reason
        alarm["StateValue"] = state
        self.changes.append((alarm["AlarmName"], state))


def alarm(name: str, **dimensions: str) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }


def watched() -> tuple[CloudWatchDouble, Watch]:
    cloudwatch = CloudWatchDouble()
    metric = Metric.of("AWS/SageMaker", "Invocation5XXErrors", {"EndpointName": "bad"})
    point = {"Timestamp": NOW, "Value": 1.0, "Unit": "None", "Dimensions": {}}
    cloudwatch.stored[metric] = [point]
    return cloudwatch, Watch(cloudwatch, [])


def test_an_alarm_looks_at_its_own_dimensions_alone() -> None:
    cloudwatch, watch = watched()
    cloudwatch.alarms = [
        alarm("bad", EndpointName="bad"),
        alarm("good", EndpointName="good"),
        alarm("more", EndpointName="bad", VariantName="AllTraffic"),
    ]
    watch.tick(NOW)
    assert cloudwatch.changes == [("bad", "ALARM"), ("good", "OK"), ("more", "OK")]


def test_a_state_changes_once_and_back_when_the_window_has_passed() -> None:
    cloudwatch, watch = watched()
    cloudwatch.alarms = [alarm("bad", EndpointName="bad")]
    watch.tick(NOW)
    watch.tick(NOW + 30)
    watch.tick(NOW + 61)
    assert cloudwatch.changes == [("bad", "ALARM"), ("bad", "OK")]


def test_a_state_set_by_hand_stays_for_a_while() -> None:
    cloudwatch, watch = watched()
    by_hand = alarm("by-hand", EndpointName="good")
    cloudwatch.alarms = [by_hand]
    watch.tick(NOW)
    by_hand.update(StateValue="ALARM", StateReason="a drill")
    watch.tick(NOW + 1)
    assert by_hand["StateValue"] == "ALARM"
    watch.tick(NOW + 1 + HELD_SECONDS)
    assert by_hand["StateValue"] == "OK"


def test_what_is_counted_reaches_the_alarms_of_the_same_tick() -> None:
    cloudwatch = CloudWatchDouble()
    metric = Metric.of("AWS/SageMaker", "Invocation5XXErrors", {"EndpointName": "new"})

    def collect() -> None:
        point = {"Timestamp": NOW, "Value": 1.0, "Unit": "None", "Dimensions": {}}
        cloudwatch.stored.setdefault(metric, []).append(point)

    cloudwatch.alarms = [alarm("new", EndpointName="new")]
    Watch(cloudwatch, [collect]).tick(NOW)
    assert cloudwatch.changes == [("new", "ALARM")]
