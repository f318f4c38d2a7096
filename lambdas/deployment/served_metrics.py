"""What CloudWatch counted of a variant's requests.

Names and units: "SageMaker AI endpoint invocation metrics" in the Amazon SageMaker developer guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from lambdas.deployment.shadow_comparison import Served

_NAMESPACE = "AWS/SageMaker"
_P99 = "p99"
_MINUTE = 60
_MOST_POINTS = 1_000
"""GetMetricStatistics answers with 1,440 at most."""


@dataclass(frozen=True, kw_only=True)
class ServedMetrics:
    """Metrics of one endpoint. `cloudwatch` is a boto3 client."""

    cloudwatch: Any
    endpoint_name: str

    def read(self, variant: str, *, since: datetime, until: datetime) -> Served:
        """What was counted of a variant in between. Raises ClientError."""
        period = _MINUTE * ceil((until - since).total_seconds() / _MINUTE / _MOST_POINTS)
        given = {
            "Namespace": _NAMESPACE,
            "Dimensions": [
                {"Name": "EndpointName", "Value": self.endpoint_name},
                {"Name": "VariantName", "Value": variant},
            ],
            "StartTime": since,
            "EndTime": until,
            "Period": max(_MINUTE, period),
        }
        latencies = self.cloudwatch.get_metric_statistics(
            MetricName="ModelLatency", ExtendedStatistics=[_P99], **given
        )["Datapoints"]
        # The p99 of all is not known from those of the periods; the median of them is steadier
        # than the largest, which one slow first request decides.
        by_period = sorted(each["ExtendedStatistics"][_P99] for each in latencies)
        return Served(
            requests=self._sum("Invocations", given),
            errors_5xx=self._sum("Invocation5XXErrors", given),
            p99_microseconds=by_period[len(by_period) // 2] if by_period else None,
        )

    def _sum(self, metric: str, given: dict[str, Any]) -> int:
        answer = self.cloudwatch.get_metric_statistics(
            MetricName=metric, Statistics=["Sum"], **given
        )
        total: float = sum(each["Sum"] for each in answer["Datapoints"])
        return round(total)
