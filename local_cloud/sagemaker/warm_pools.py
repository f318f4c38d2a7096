"""Warm pools, as records only: nothing is kept warm here, where a process starts at once.

"SageMaker AI Managed Warm Pools" in the developer guide: instances are retained after a job that
has completed, for its KeepAlivePeriodInSeconds. No job reuses a pool here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.store import Document


def of_job(document: Mapping[str, Any], now: float | None = None) -> dict[str, Any] | None:
    """The WarmPoolStatus of a training job; None where it asked for no pool or has not completed.

    ``now`` is in seconds since the epoch.
    """
    seconds = document.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", 0)
    if not seconds or document["TrainingJobStatus"] != "Completed":
        return None
    retained = (time.time() if now is None else now) - document["TrainingEndTime"]
    return {
        "Status": "Available" if retained < seconds else "Terminated",
        "ResourceRetainedBillableTimeInSeconds": round(max(0, min(retained, seconds))),
    }


def add_to(document: Document) -> Document:
    """The training job's description with its WarmPoolStatus, where it has one."""
    pool = of_job(document)
    return document if pool is None else {**document, "WarmPoolStatus": pool}
