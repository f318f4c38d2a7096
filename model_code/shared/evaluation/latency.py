"""How long a model takes for one row."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

_WARM_UP = 5
_TIMED = 50
_ENOUGH_SECONDS = 10.0


def milliseconds(predict_one: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile over 50 calls, after 5 that are not counted.

    A slow model is called less often: no new call is made after 10 s.
    """
    for _ in range(_WARM_UP):
        predict_one()
    taken: list[float] = []
    while not taken or (len(taken) < _TIMED and sum(taken) < 1000 * _ENOUGH_SECONDS):
        started = time.perf_counter()
        predict_one()
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))
