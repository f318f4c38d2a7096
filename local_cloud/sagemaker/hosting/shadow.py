"""The shadow variant of a fleet: it gets copies of requests, and nobody gets its answers.

A copy is made of as large a share of the requests as the shadow's weight is of the production
variant's: with equal weights, of all. (SageMaker documents the weights of shadow variants by
example only; there both are 1.) Copies are sent after the request was answered, by few threads: a
shadow that is slow or hangs misses copies, and delays nothing.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger("local_cloud.endpoints")
THREADS = 8
MOST_WAITING = 64
"""Copies that may wait for a thread; beyond that, requests are not copied."""
GRACE_SECONDS = 3.0
"""How long the end of a fleet waits for copies that are being answered."""


class Copies:
    """Those of one fleet's requests."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"shadow-{name}")
        self._changed = threading.Condition()
        self._open = 0
        self._missed = 0

    def send(self, share: float, ask: Callable[[], None]) -> None:
        """Have ``ask`` called, in the background, for this share of the calls of ``send``."""
        if random.random() >= share:  # noqa: S311 - a sample, not a secret
            return
        with self._changed:
            if self._open >= THREADS + MOST_WAITING:
                self._missed += 1
                if self._missed == 1:
                    logger.warning(
                        "%s: the shadow variant does not keep up; it misses requests", self._name
                    )
                return
            self._open += 1
        try:
            self._pool.submit(self._run, ask)
        except RuntimeError:
            # The fleet has ended meanwhile.
            self._leave()

    def close(self) -> None:
        """No more copies; those that are being answered get a moment."""
        deadline = time.monotonic() + GRACE_SECONDS
        with self._changed:
            while self._open and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except Exception as error:
            # Whatever a shadow does, it is measured and harms nobody.
            logger.info("%s: the shadow variant gave no answer: %s", self._name, error)
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()


def share(shadow_weight: float, production_weight: float) -> float:
    """The part of the requests that is copied, from 0 to 1."""
    if production_weight <= 0:
        return 0.0
    return min(1.0, shadow_weight / production_weight)
