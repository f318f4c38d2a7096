"""Which fleet takes an endpoint's traffic in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Store


class Registry:
    """The fleets in service of one local cloud, by endpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fleets: dict[str, Fleet] = {}
        self._work: dict[str, threading.Lock] = {}

    @contextmanager
    def work_on(self, endpoint: str) -> Iterator[None]:
        """Held by the one thread that creates, updates or deletes the endpoint's fleets."""
        with self._lock:
            lock = self._work.setdefault(endpoint, threading.Lock())
        with lock:
            yield

    @contextmanager
    def request_to(self, endpoint: str) -> Iterator[Fleet | None]:
        """The fleet in service, which does not end before the request does; None if none is."""
        with self._lock:
            fleet = self._fleets.get(endpoint)
            if fleet is not None:
                fleet.enter()
        try:
            yield fleet
        finally:
            if fleet is not None:
                fleet.leave()

    def shift(self, endpoint: str, fleet: Fleet | None) -> Fleet | None:
        """All traffic goes to ``fleet`` from now on (None: nowhere); answers the one before."""
        with self._lock:
            before = self._fleets.pop(endpoint, None)
            if fleet is not None:
                self._fleets[endpoint] = fleet
            return before


_registries: WeakKeyDictionary[Store, Registry] = WeakKeyDictionary()
_making = threading.Lock()


def of(service: SageMakerService) -> Registry:
    """The registry of the service's local cloud."""
    with _making:
        return _registries.setdefault(service.store, Registry())
