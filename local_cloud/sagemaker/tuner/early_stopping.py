"""TrainingJobEarlyStoppingType "Auto": the median rule.

Source: "Stop Training Jobs Early" in the SageMaker developer guide. After an epoch, the running
averages of the objective of all earlier training jobs up to the same epoch are taken; a job
whose objective is worse than their median is stopped. An epoch is one emission of the metric.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

FEWEST_EARLIER_JOBS = 3
"""The guide gives no number; below three a median is what one single job happened to reach."""


def is_behind(
    values: Sequence[float], earlier: Sequence[Sequence[float]], *, direction: str
) -> bool:
    """Whether a job that emitted ``values`` is worse than the median of the earlier jobs'
    running averages; False where too few of them got as far. ``direction`` is Maximize or
    Minimize."""
    epochs = len(values)
    if epochs == 0:
        return False
    averages = [statistics.fmean(one[:epochs]) for one in earlier if len(one) >= epochs]
    if len(averages) < FEWEST_EARLIER_JOBS:
        return False
    median = statistics.median(averages)
    return values[-1] < median if direction == "Maximize" else values[-1] > median
