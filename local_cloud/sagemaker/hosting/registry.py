"""Which fleets take an endpoint's traffic in this process."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.traffic import Traffic
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Store


class Registry:
    """The fleets in service of one local cloud, by endpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traffic: dict[str, Traffic] = {}
        self._work: dict[str, threading.Lock] = {}

    @contextmanager
    def work_on(self, endpoint: str) -> Iterator[None]:
        """Held by the one thread that creates, updates or deletes the endpoint's fleets."""
        with self._lock:
            lock = self._work.setdefault(endpoint, threading.Lock())
        with lock:
            yield

    @contextmanager
    def request_to(self, endpoint: str, without: Container[Fleet] = ()) -> Iterator[Fleet | None]:
        """A fleet in service that is none of ``without``; it does not end before the request
        does. None if there is none."""
        traffic = self.traffic(endpoint)
        fleet = None if traffic is None else traffic.enter(without)
        try:
            yield fleet
        finally:
            if fleet is not None:
                fleet.leave()

    def traffic(self, endpoint: str) -> Traffic | None:
        """How the endpoint's requests are shared; None where nothing serves it."""
        with self._lock:
            return self._traffic.get(endpoint)

    def others(self, endpoint: str, without: Container[Fleet]) -> bool:
        """Whether a fleet in service is none of ``without``."""
        traffic = self.traffic(endpoint)
        return traffic is not None and any(one not in without for one in traffic.fleets)

    def begin(self, endpoint: str, fleet: Fleet) -> None:
        """``fleet`` is the first that serves the endpoint in this process."""
        with self._lock:
            self._traffic[endpoint] = Traffic(fleet)

    def end(self, endpoint: str) -> list[Fleet]:
        """Nothing serves the endpoint from now on; answers what did."""
        with self._lock:
            traffic = self._traffic.pop(endpoint, None)
        return [] if traffic is None else traffic.fleets


_registries: WeakKeyDictionary[Store, Registry] = WeakKeyDictionary()
_making = threading.Lock()


def of(service: SageMakerService) -> Registry:
    """The registry of the service's local cloud."""
    with _making:
        return _registries.setdefault(service.store, Registry())
