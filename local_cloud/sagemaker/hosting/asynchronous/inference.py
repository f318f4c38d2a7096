"""Hands waiting requests to the instances that are free, and tells what became of them."""

from __future__ import annotations

import logging
import threading
from weakref import WeakKeyDictionary

from local_cloud.sagemaker.hosting import registry
from local_cloud.sagemaker.hosting.asynchronous.backlog import Backlog
from local_cloud.sagemaker.hosting.asynchronous.outcome import EXPIRED, Outcome
from local_cloud.sagemaker.hosting.asynchronous.queue import Queue
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest
from local_cloud.sagemaker.hosting.asynchronous.worker import AskAgainError, Worker
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Store

logger = logging.getLogger("local_cloud.endpoints")
POLL_SECONDS = 0.2
DEFAULT_CONCURRENCY = 4
"""Requests that an instance gets at once where MaxConcurrentInvocationsPerInstance is not given;
on AWS, SageMaker chooses."""


class AsyncInference:
    """That of one local cloud."""

    def __init__(self, service: SageMakerService) -> None:
        self._service = service
        self.queue = Queue(service.store, time_scale=service.settings.time_scale)
        self._backlog = Backlog(service, self.queue)
        self._worker = Worker(service, self._backlog)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Begin to hand out what waits; nothing where that has begun."""
        with self._lock:
            if self._started:
                return
            self._started = True
        self._service.tasks.start("asynchronous inference", self._run)

    def accept(self, request: AsyncRequest) -> None:
        """Once this returns, no end of the local cloud loses the request."""
        self.queue.put(request)
        self._wake.set()

    def forget(self, endpoint: str) -> None:
        """The endpoint is deleted, and with it its queue."""
        self.queue.forget(endpoint)

    def _run(self) -> None:
        while not self._service.tasks.stopping:
            try:
                for endpoint in self.queue.endpoints():
                    self._hand_out(endpoint)
                self._backlog.publish_now_and_then()
            except Exception:
                # It hands out for all endpoints: one that fails must not end it for good.
                logger.exception("asynchronous requests could not be handed out this time")
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def _hand_out(self, endpoint: str) -> None:
        expired = self.queue.take_expired(endpoint)
        if expired:
            name = f"expired requests of {endpoint}"
            self._service.tasks.start(name, lambda: self._tell_expired(expired))
        for _ in range(self._capacity(endpoint) - self.queue.at_work(endpoint)):
            next_one = self.queue.take(endpoint)
            if next_one is None:
                return
            self._backlog.begun(next_one)
            self._begin(next_one)

    def _capacity(self, endpoint: str) -> int:
        """How many requests the instances in service take at once."""
        traffic = registry.of(self._service).traffic(endpoint)
        if traffic is None:
            return 0
        fleets = traffic.fleets
        client = fleets[0].plan.get("asynchronous", {}).get("ClientConfig", {})
        each: int = client.get("MaxConcurrentInvocationsPerInstance", DEFAULT_CONCURRENCY)
        return each * sum(fleet.healthy_instances() for fleet in fleets)

    def _begin(self, request: AsyncRequest) -> None:
        name = f"asynchronous request {request['id']}"
        self._service.tasks.start(name, lambda: self._serve(request))

    def _tell_expired(self, requests: list[AsyncRequest]) -> None:
        """One after the other: after a long pause they are the whole backlog."""
        for request in requests:
            reason = f"The request waited for more than its {request['ttl']} seconds to live."
            try:
                self._serve(request, Outcome(status=EXPIRED, reason=reason))
            except Exception:
                logger.exception("asynchronous request %s", request["id"])

    def _serve(self, request: AsyncRequest, outcome: Outcome | None = None) -> None:
        try:
            result = outcome or self._worker.ask(request)
            # What a stopping local cloud broke off is asked again after its next start.
            if not self._service.tasks.stopping:
                self._worker.tell(request, result)
                self.queue.done(request)
        except AskAgainError as error:
            # Nor does it count as an attempt: the queue on disk has the request as it was.
            if not self._service.tasks.stopping:
                self.queue.give_back(request, attempts=error.attempts)
        finally:
            self.queue.leave(request)
            self._wake.set()


_inferences: WeakKeyDictionary[Store, AsyncInference] = WeakKeyDictionary()
_making = threading.Lock()


def of(service: SageMakerService) -> AsyncInference:
    """The asynchronous inference of the service's local cloud."""
    with _making:
        if service.store not in _inferences:
            _inferences[service.store] = AsyncInference(service)
        return _inferences[service.store]
