"""Names of the training jobs that a tuning job starts."""

from __future__ import annotations

import hashlib


def training_job_name(tuning_job_name: str, number: int, creation_time: float) -> str:
    """``<tuning job>-001-<8 hex>``, numbered from 1.

    The suffix is derived, not drawn, so that a restart between the naming and the creation
    of a training job does not start it twice.
    """
    seed = f"{tuning_job_name}/{creation_time}/{number}".encode()
    return f"{tuning_job_name}-{number:03d}-{hashlib.sha256(seed).hexdigest()[:8]}"
