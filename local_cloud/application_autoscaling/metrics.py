"""What the local CloudWatch knows of a target: metrics of the last minute, alarms of a policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from local_cloud.application_autoscaling.resources import variant
from local_cloud.cloudwatch.evaluation import ALARM, datapoints
from local_cloud.cloudwatch.points import Point, statistic
from local_cloud.ministack_bridge.cloudwatch import Metric

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Followed:
    """A metric and the statistic of it that a policy follows."""

    metric: Metric
    statistic: str


@dataclass(frozen=True, kw_only=True)
class FiringAlarm:
    """An alarm in state ALARM; ``breach`` is its metric's value minus its threshold."""

    name: str
    breach: float


class Metrics(Protocol):
    def value(self, followed: Followed, now: float) -> float | None:
        """Over the last minute; None where nothing was measured."""

    def firing(self, policy_arn: str, now: float) -> list[FiringAlarm]:
        """The alarms in state ALARM that have the policy among their actions."""


class PointsAndAlarms(Protocol):
    """What :class:`local_cloud.ministack_bridge.cloudwatch.CloudWatch` is."""

    def points(self, metric: Metric) -> Sequence[Point]: ...

    def metric_alarms(self) -> Sequence[Mapping[str, Any]]: ...


def followed(resource_id: str, configuration: Mapping[str, Any]) -> Followed:
    """What a target tracking policy follows."""
    customized = configuration.get("CustomizedMetricSpecification")
    if customized is not None:
        dimensions = {one["Name"]: one["Value"] for one in customized.get("Dimensions", [])}
        metric = Metric.of(customized["Namespace"], customized["MetricName"], dimensions)
        return Followed(metric, customized["Statistic"])
    named = variant(resource_id)
    dimensions = {"EndpointName": named.endpoint, "VariantName": named.name}
    return Followed(Metric.of("AWS/SageMaker", "InvocationsPerInstance", dimensions), "Sum")


class CloudWatchMetrics:
    """Implements :class:`Metrics` over the local CloudWatch."""

    def __init__(self, cloudwatch: PointsAndAlarms) -> None:
        self._cloudwatch = cloudwatch

    def value(self, followed: Followed, now: float) -> float | None:
        points = self._cloudwatch.points(followed.metric)
        recent = [p for p in points if now - WINDOW_SECONDS < p["Timestamp"] <= now]
        return statistic(followed.statistic, recent)

    def firing(self, policy_arn: str, now: float) -> list[FiringAlarm]:
        return list(self._firing(policy_arn, now))

    def _firing(self, policy_arn: str, now: float) -> Iterator[FiringAlarm]:
        for alarm in self._cloudwatch.metric_alarms():
            actions = alarm.get("AlarmActions") or ()
            if policy_arn not in actions or alarm["StateValue"] != ALARM:
                continue
            if alarm.get("ActionsEnabled") is False or not alarm.get("MetricName"):
                continue
            dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
            metric = Metric.of(alarm["Namespace"], alarm["MetricName"], dimensions)
            values = datapoints(alarm, self._cloudwatch.points(metric), now)
            newest = next((value for value in values if value is not None), None)
            if newest is not None:
                yield FiringAlarm(name=alarm["AlarmName"], breach=_breach(alarm, newest))


def _breach(alarm: Mapping[str, Any], value: float) -> float:
    """On the breaching side: the alarm's state, which may be a second old, has decided that."""
    rising = alarm["ComparisonOperator"].startswith("GreaterThan")
    difference = value - float(alarm["Threshold"])
    return max(0.0, difference) if rising else min(0.0, difference)
