"""What the local CloudWatch knows of a target: metrics of the last minute, alarms of a policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from local_cloud.application_autoscaling.resources import variant

WINDOW_SECONDS = 60
STATISTICS = ("Sum", "SampleCount", "Minimum", "Maximum")


@dataclass(frozen=True, kw_only=True)
class Metric:
    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class FiringAlarm:
    """An alarm in state ALARM; ``breach`` is its metric's value minus its threshold."""

    name: str
    breach: float


class Metrics(Protocol):
    def value(self, metric: Metric, now: float) -> float | None:
        """Over the last minute; None where nothing was measured."""

    def firing(self, policy_arn: str, now: float) -> list[FiringAlarm]:
        """The alarms in state ALARM that have the policy among their actions."""


def metric_of(resource_id: str, configuration: Mapping[str, Any]) -> Metric:
    """The metric that a target tracking policy follows."""
    customized = configuration.get("CustomizedMetricSpecification")
    if customized is not None:
        dimensions = sorted((d["Name"], d["Value"]) for d in customized.get("Dimensions", []))
        return Metric(
            namespace=customized["Namespace"],
            name=customized["MetricName"],
            statistic=customized["Statistic"],
            dimensions=tuple(dimensions),
        )
    named = variant(resource_id)
    return Metric(
        namespace="AWS/SageMaker",
        name="InvocationsPerInstance",
        statistic="Sum",
        dimensions=(("EndpointName", named.endpoint), ("VariantName", named.name)),
    )


class CloudWatchMetrics:
    """Implements :class:`Metrics`; ``client`` is boto3's for the local CloudWatch."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def value(self, metric: Metric, now: float) -> float | None:
        answer = self._client.get_metric_statistics(
            Namespace=metric.namespace,
            MetricName=metric.name,
            Dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
            StartTime=datetime.fromtimestamp(now - WINDOW_SECONDS, UTC),
            EndTime=datetime.fromtimestamp(now, UTC),
            Period=WINDOW_SECONDS,
            Statistics=list(STATISTICS),
        )
        return joined(answer["Datapoints"], metric.statistic)

    def firing(self, policy_arn: str, now: float) -> list[FiringAlarm]:
        pages = self._client.get_paginator("describe_alarms").paginate(
            StateValue="ALARM", AlarmTypes=["MetricAlarm"]
        )
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        return list(self._breaches([a for a in alarms if policy_arn in a["AlarmActions"]], now))

    def _breaches(self, alarms: list[Any], now: float) -> Iterator[FiringAlarm]:
        for alarm in alarms:
            metric = Metric(
                namespace=alarm["Namespace"],
                name=alarm["MetricName"],
                statistic=alarm.get("Statistic", "Average"),
                dimensions=tuple(sorted((d["Name"], d["Value"]) for d in alarm["Dimensions"])),
            )
            value = self.value(metric, now)
            if value is not None:
                yield FiringAlarm(name=alarm["AlarmName"], breach=value - alarm["Threshold"])


def joined(points: Sequence[Mapping[str, Any]], statistic: str) -> float | None:
    """One value of the whole window, which lies across two of CloudWatch's minutes."""
    if not points:
        return None
    if statistic in {"Minimum", "Maximum"}:
        choose = min if statistic == "Minimum" else max
        return float(choose(point[statistic] for point in points))
    total = sum(float(point["Sum"]) for point in points)
    count = sum(float(point["SampleCount"]) for point in points)
    return {"Sum": total, "SampleCount": count}.get(statistic, total / count)
