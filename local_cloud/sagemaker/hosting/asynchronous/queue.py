"""The requests of all asynchronous endpoints, in the order in which they came."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, defaultdict, deque

from local_cloud.sagemaker.hosting.asynchronous.request import KIND, AsyncRequest
from local_cloud.sagemaker.store import NotFoundError, Store


class Queue:
    """A request is a document of the store until its outcome has been told: one that the end of
    the local cloud interrupted waits again after the next start."""

    def __init__(self, store: Store, *, time_scale: float = 1.0) -> None:
        """Requests get old so many times as fast as on AWS."""
        self._store = store
        self._time_scale = time_scale
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[AsyncRequest]] = defaultdict(deque)
        self._at_work: Counter[str] = Counter()
        for document in store.list(KIND):
            request = AsyncRequest(**document)  # type: ignore[typeddict-item]
            self._waiting[request["endpoint"]].append(request)

    def put(self, request: AsyncRequest) -> None:
        self._store.create(KIND, request["id"], dict(request))
        with self._lock:
            self._waiting[request["endpoint"]].append(request)

    def take(self, endpoint: str) -> AsyncRequest | None:
        """The next request, at work from now on; None where none waits."""
        with self._lock:
            waiting = self._waiting[endpoint]
            if not waiting:
                return None
            self._at_work[endpoint] += 1
            return waiting.popleft()

    def take_expired(self, endpoint: str) -> list[AsyncRequest]:
        """The waiting requests that are older than their time to live, at work from now on."""
        now = time.time()
        with self._lock:
            expired, others = deque[AsyncRequest](), deque[AsyncRequest]()
            for one in self._waiting[endpoint]:
                age = (now - one["received"]) * self._time_scale
                (expired if age > one["ttl"] else others).append(one)
            self._waiting[endpoint] = others
            self._at_work[endpoint] += len(expired)
        return list(expired)

    def give_back(self, request: AsyncRequest, *, attempts: int) -> None:
        """It is the next one again, with so many attempts on its account."""
        request = AsyncRequest(**{**request, "attempts": attempts})
        # An endpoint that is deleted meanwhile takes its requests along.
        with contextlib.suppress(NotFoundError):
            self._store.update(KIND, request["id"], attempts=attempts)
            with self._lock:
                self._waiting[request["endpoint"]].appendleft(request)

    def done(self, request: AsyncRequest) -> None:
        """Its outcome has been told."""
        with contextlib.suppress(NotFoundError):
            self._store.delete(KIND, request["id"])

    def leave(self, request: AsyncRequest) -> None:
        """It is no longer at work, whatever became of it."""
        with self._lock:
            self._at_work[request["endpoint"]] -= 1

    def forget(self, endpoint: str) -> None:
        """Drop all requests of an endpoint, those at work included."""
        with self._lock:
            self._waiting.pop(endpoint, None)
        # At once: what is told just now must not be gone between its listing and its deletion.
        with self._store.transaction():
            for document in self._store.list(KIND):
                if document["endpoint"] == endpoint:
                    self._store.delete(KIND, document["id"])

    def endpoints(self) -> list[str]:
        """Those for which requests wait."""
        with self._lock:
            return [endpoint for endpoint, waiting in self._waiting.items() if waiting]

    def waiting(self, endpoint: str) -> int:
        with self._lock:
            return len(self._waiting[endpoint])

    def at_work(self, endpoint: str) -> int:
        with self._lock:
            return self._at_work[endpoint]

    def oldest(self, endpoint: str) -> float | None:
        """When the request that waits longest came, in seconds since 1970; None for none."""
        with self._lock:
            return min((one["received"] for one in self._waiting[endpoint]), default=None)
