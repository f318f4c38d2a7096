"""What a training job has emitted of its objective metric so far."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from local_cloud.sagemaker.store import Document


class Emission(NamedTuple):
    """One value of the metric; ``time`` in seconds since the epoch."""

    value: float
    time: float


def of(training_job: Document, metric: str) -> list[Emission]:
    """The metric's finite values in the order of emission."""
    entries: list[dict[str, Any]] = training_job.get("_metrics", [])
    emitted = [
        Emission(float(entry["Value"]), float(entry["Timestamp"]))
        for entry in entries
        if entry["MetricName"] == metric
    ]
    return [one for one in emitted if math.isfinite(one.value)]
