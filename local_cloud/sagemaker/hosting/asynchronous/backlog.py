"""The metrics of asynchronous endpoints.

Names, units and dimensions: "Alarms and logs for tracking metrics from asynchronous endpoints" in
the SageMaker developer guide. AWS publishes once a minute; here the size of a queue is published
every few seconds, so that what scales by it is seen to.
"""

from __future__ import annotations

import time

from local_cloud.sagemaker.hosting import metrics, registry
from local_cloud.sagemaker.hosting.asynchronous.outcome import EXPIRED, Outcome
from local_cloud.sagemaker.hosting.asynchronous.queue import Queue
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest
from local_cloud.sagemaker.hosting.metrics import COUNT, MICROSECONDS
from local_cloud.sagemaker.hosting.state import KIND
from local_cloud.sagemaker.service import SageMakerService

PUBLISH_SECONDS = 3.0
MILLISECONDS, SECONDS = "Milliseconds", "Seconds"


class Backlog:
    """Publishes how long the queues are, and what became of the requests in them."""

    def __init__(self, service: SageMakerService, queue: Queue) -> None:
        self._service = service
        self._queue = queue
        self._recorder = metrics.of(service)
        self._publish_at = 0.0

    def publish_now_and_then(self) -> None:
        """The size of each endpoint's queue, an empty one's too: by that an endpoint scales in."""
        if time.monotonic() < self._publish_at:
            return
        self._publish_at = time.monotonic() + PUBLISH_SECONDS
        for document in self._service.store.list(KIND):
            if "asynchronous" in document.get("_serving", {}):
                self._publish(document["EndpointName"])

    def _publish(self, endpoint: str) -> None:
        traffic = registry.of(self._service).traffic(endpoint)
        fleets = [] if traffic is None else traffic.fleets
        instances = sum(fleet.healthy_instances() for fleet in fleets)
        size = self._queue.waiting(endpoint) + self._queue.at_work(endpoint)
        oldest = self._queue.oldest(endpoint)
        age = 0.0 if oldest is None else round(time.time() - oldest, 1)
        for name, unit, value in (
            ("ApproximateBacklogSize", COUNT, size),
            # Without instances AWS's quotient is not defined: here it is the queue's size.
            ("ApproximateBacklogSizePerInstance", COUNT, size / max(1, instances)),
            ("ApproximateAgeOfOldestRequest", SECONDS, age),
            ("HasBacklogWithoutCapacity", COUNT, int(size > 0 and instances == 0)),
        ):
            self._recorder.put(name, unit, float(value), {"EndpointName": endpoint})

    def begun(self, request: AsyncRequest) -> None:
        """The request has left the queue for an instance."""
        waited = time.time() - request["received"]
        self._put(request, "TimeInBacklog", MICROSECONDS, float(f"{waited * 1e6:.3g}"))

    def ended(self, request: AsyncRequest, outcome: Outcome) -> None:
        """The request's outcome has been told."""
        took = time.time() - request["received"]
        self._put(request, "TotalProcessingTime", MILLISECONDS, float(f"{took * 1e3:.3g}"))
        self.count(request, "InvocationsProcessed")
        if outcome.status == EXPIRED:
            self.count(request, "ExpiredRequests")
        elif not outcome.completed:
            self.count(request, "InvocationFailures")

    def count(self, request: AsyncRequest, name: str) -> None:
        self._put(request, name, COUNT, 1.0)

    def _put(self, request: AsyncRequest, name: str, unit: str, value: float) -> None:
        document = self._service.store.find(KIND, request["endpoint"]) or {}
        for variant in document.get("_serving", {}).get("variants", []):
            self._recorder.put_of_variant(
                name, unit, value, endpoint=request["endpoint"], variant=variant["variant"]
            )
