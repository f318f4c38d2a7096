"""Background threads that end when the local cloud does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("local_cloud.tasks")


class ThreadTasks:
    """Implements :class:`local_cloud.sagemaker.service.Tasks`."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def stop(self, *, timeout_seconds: float) -> None:
        """Say that it is over, and wait for the threads that are still at work."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_seconds
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                logger.warning("%s did not end in %.0f s", thread.name, timeout_seconds)

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            logger.exception("%s failed", name)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
