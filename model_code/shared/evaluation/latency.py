"""How long a model takes for one picture."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

_WARM_UP = 5
_TIMED = 50


def milliseconds(predict_one: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile over 50 calls, after 5 that are not counted."""
    for _ in range(_WARM_UP):
        predict_one()
    taken = []
    for _ in range(_TIMED):
        started = time.perf_counter()
        predict_one()
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 95))
