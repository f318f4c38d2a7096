"""An endpoint's invocations as CloudWatch metrics, under AWS's names.

Names, units and statistics: "SageMaker endpoint invocation metrics" in the SageMaker developer
guide. A request only counts in memory; once a second what was counted goes to CloudWatch, as
values with how often each was seen.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from local_cloud.cloudwatch.retention import to_digits
from local_cloud.ministack_bridge.cloudwatch import Metric
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Store

NAMESPACE = "AWS/SageMaker"
MICROSECONDS, COUNT, NONE = "Microseconds", "Count", "None"
_OF_ASYNCHRONOUS = ("Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency")
_DIGITS = 3
"""Of latencies: 1,234 µs is kept as 1,230 µs, so that equal values can be counted."""

NO_ANSWER = 0
"""The status of a request that timed out, was broken off or found no instance in service."""

Record = Callable[[Metric, Mapping[float, float], str], None]


def rounded(microseconds: float) -> float:
    """A latency as it is kept."""
    return to_digits(microseconds, _DIGITS)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One request that reached a variant."""

    endpoint: str
    variant: str
    config: str
    status: int
    """What the container answered, or NO_ANSWER."""
    instances: int
    concurrent: int
    """Requests that the variant had at once when this one came, itself included."""
    model_seconds: float
    """Until the container had answered, from when it was asked."""
    overhead_seconds: float
    """What the endpoint took besides."""
    asynchronous: bool = False
    """Whether it came by the queue: then SageMaker publishes how it ended, and no more."""

    def values(self) -> dict[tuple[str, str], float]:
        """What it adds to each metric, by name and unit."""
        failed = self.status == NO_ANSWER or self.status >= 500
        values = {
            ("Invocations", NONE): 1.0,
            ("InvocationsPerInstance", NONE): 1.0 / max(1, self.instances),
            ("Invocation4XXErrors", NONE): float(400 <= self.status < 500),
            ("Invocation5XXErrors", NONE): float(failed),
            ("InvocationModelErrors", NONE): float(not 200 <= self.status < 300),
            ("ModelLatency", MICROSECONDS): rounded(self.model_seconds * 1e6),
            ("OverheadLatency", MICROSECONDS): rounded(self.overhead_seconds * 1e6),
            ("ConcurrentRequestsPerModel", COUNT): float(self.concurrent),
        }
        if self.asynchronous:
            return {which: value for which, value in values.items() if which[0] in _OF_ASYNCHRONOUS}
        return values

    def dimensions(self) -> list[dict[str, str]]:
        """Of the variant, and of the variant with one configuration: with these an alarm can
        watch the new fleet of an update alone."""
        variant = {"EndpointName": self.endpoint, "VariantName": self.variant}
        return [variant, {**variant, "EndpointConfigName": self.config}]


class Recorder:
    """Counts invocations until :meth:`flush`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: defaultdict[tuple[Metric, str], dict[float, float]] = defaultdict(dict)

    def add(self, invocation: Invocation) -> None:
        values = invocation.values()
        dimensions = [tuple(sorted(one.items())) for one in invocation.dimensions()]
        with self._lock:
            for (name, unit), value in values.items():
                for one in dimensions:
                    counts = self._counted[Metric(NAMESPACE, name, one), unit]
                    counts[value] = counts.get(value, 0.0) + 1.0

    def put(self, name: str, unit: str, value: float, dimensions: Mapping[str, str]) -> None:
        """One value of a metric that is none of an invocation's."""
        with self._lock:
            counts = self._counted[Metric.of(NAMESPACE, name, dimensions), unit]
            counts[value] = counts.get(value, 0.0) + 1.0

    def put_of_variant(
        self, name: str, unit: str, value: float, *, endpoint: str, variant: str
    ) -> None:
        """The same of a metric that each variant has."""
        self.put(name, unit, value, {"EndpointName": endpoint, "VariantName": variant})

    def flush(self, record: Record) -> None:
        """Hand what was counted since the last time to CloudWatch."""
        with self._lock:
            counted, self._counted = self._counted, defaultdict(dict)
        for (metric, unit), counts in counted.items():
            record(metric, counts, unit)


_recorders: WeakKeyDictionary[Store, Recorder] = WeakKeyDictionary()
_making = threading.Lock()


def of(service: SageMakerService) -> Recorder:
    """The recorder of the service's local cloud."""
    with _making:
        return _recorders.setdefault(service.store, Recorder())
