"""Stopping the training jobs of a tuning job."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.tuner.trials import TRAINING_JOB, Trial

logger = logging.getLogger("local_cloud.tuner")


def stop(service: SageMakerService, running: Sequence[Trial]) -> None:
    """Ask those that are in progress to stop. Raises RuntimeError for one that cannot be asked."""
    for trial in running:
        name = trial["training_job"]
        if not _in_progress(service, name):
            continue
        try:
            service.call("StopTrainingJob", {"TrainingJobName": name})
        except ApiError as error:
            # Between the look and the call the job may have ended by itself.
            if _in_progress(service, name):
                raise RuntimeError(f"cannot stop {name}") from error


def stop_abandoned(service: SageMakerService, recorded: Sequence[Trial]) -> None:
    """Those of a search that ended by an error: as many as can be stopped; the rest is logged."""
    for trial in recorded:
        try:
            stop(service, [trial])
        except Exception:
            logger.exception("%s runs on without its tuning job", trial["training_job"])


def _in_progress(service: SageMakerService, name: str) -> bool:
    job = service.store.find(TRAINING_JOB, name)
    return job is not None and job["TrainingJobStatus"] == "InProgress"
