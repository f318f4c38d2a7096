"""How many training jobs of tuning jobs run at once on this machine.

MaxParallelTrainingJobs asks for instances of their own; here all share one machine. So no more of
them run at once than it has cores, whatever the tuning jobs ask for; the others wait. Each tuning
job may run one in any case.
"""

from __future__ import annotations

import os
import threading
from weakref import WeakKeyDictionary

from local_cloud.sagemaker.store import Store

SETTING = "LOCAL_CLOUD_PARALLEL_TRIALS"
"""Environment variable of the server: as many at once instead of the number of cores."""


class Slots:
    """The training jobs that run for all tuning jobs of one local cloud. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._running: dict[str, int] = {}
        self._lock = threading.Lock()

    def claim(self, tuning_job: str, *, running: int, wanted: int) -> int:
        """How many more the tuning job may start, up to ``wanted``; ``running`` it has."""
        with self._lock:
            self._running[tuning_job] = 0
            free = self._size - sum(self._running.values()) - running
            granted = max(0, min(wanted, max(free, 1 - running)))
            self._running[tuning_job] = running + granted
            return granted

    def leave(self, tuning_job: str) -> None:
        """The tuning job is over."""
        with self._lock:
            self._running.pop(tuning_job, None)


_BY_STORE: WeakKeyDictionary[Store, Slots] = WeakKeyDictionary()
_LOCK = threading.Lock()


def of(store: Store) -> Slots:
    """The slots of the local cloud that the store belongs to. Raises ValueError for a setting
    that is no whole number above 0."""
    with _LOCK:
        if store not in _BY_STORE:
            _BY_STORE[store] = Slots(from_environment())
        return _BY_STORE[store]


def from_environment() -> int:
    """The number of slots of this process. Raises ValueError as :func:`of` does."""
    text = os.environ.get(SETTING, "")
    if not text:
        return os.cpu_count() or 1
    if not (text.isascii() and text.isdecimal() and int(text) >= 1):
        raise ValueError(f"{SETTING}={text!r} is no whole number above 0")
    return int(text)
