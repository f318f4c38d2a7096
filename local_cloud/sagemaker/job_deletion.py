"""Deletion of jobs that have ended. AWS deletes training, processing and tuning jobs.

What goes is the job's record, its tags and its folder on this machine; its artifacts and what it
logged to CloudWatch stay, and its name can be given again.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.experiments import job_components
from local_cloud.sagemaker.runner import processing, training
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tags import remove_all
from local_cloud.sagemaker.tuner import search

_DISCARDED = ".deleted-"
_SUFFIX_BYTES = 8
_ENDED = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True, kw_only=True)
class _Deletable:
    """One kind of job: its kind in the store, its members, and what AWS calls it."""

    kind: str
    member: str
    """``<member>Name``, ``<member>Arn`` and ``<member>Status`` are the document's keys."""
    noun: str
    declares_errors: bool = True
    """Whether AWS's model declares ResourceNotFound and ResourceInUse for the deletion; where it
    does not, both are ValidationExceptions, as of all that AWS deletes so."""

    def refusal(self, kind: Callable[[str], ApiError], message: str) -> ApiError:
        return kind(message) if self.declares_errors else ValidationException(message)


TRAINING = _Deletable(kind=training.KIND, member="TrainingJob", noun="training job")
PROCESSING = _Deletable(kind=processing.KIND, member="ProcessingJob", noun="processing job")
TUNING = _Deletable(
    kind=search.KIND,
    member="HyperParameterTuningJob",
    noun="hyperparameter tuning job",
    declares_errors=False,
)


def _delete(service: SageMakerService, request: Request, job: _Deletable) -> Response:
    """Raises ApiError: where there is no such job, and where it runs or is still needed."""
    name = request[f"{job.member}Name"]
    with service.store.transaction():
        document = service.store.find(job.kind, name)
        if document is None:
            message = f"Could not find requested {job.noun} with name: {name}"
            raise job.refusal(ResourceNotFound, message)
        status = document[f"{job.member}Status"]
        if status not in _ENDED:
            raise job.refusal(
                ResourceInUse,
                f"The {job.noun} {name} is in status {status}. Only jobs in status "
                f"{', '.join(_ENDED)} can be deleted.",
            )
        _refuse_needed(service, document)
        job_components.write_down(service, job.kind, name)
        discarded = _put_away(service, f"{job.kind}-{name}")
        service.store.delete(job.kind, name)
        remove_all(service, document[f"{job.member}Arn"])
    if discarded is not None:
        shutil.rmtree(discarded, ignore_errors=True)
    return {}


def _put_away(service: SageMakerService, folder: str) -> Path | None:
    """Take the job's folder from where the next job of its name will have its own; None where
    there is none. Removing it takes longer than a transaction should."""
    path = service.settings.jobs_dir / folder
    if not path.exists():
        return None
    return path.rename(path.with_name(f"{_DISCARDED}{secrets.token_hex(_SUFFIX_BYTES)}"))


def _refuse_needed(service: SageMakerService, document: Document) -> None:
    """A tuning job reads its training jobs' results until it has ended itself."""
    arn = document.get("TuningJobArn")
    if arn is None:
        return
    tuning = service.store.find(TUNING.kind, arn.rsplit("/", 1)[-1])
    if tuning is not None and tuning["HyperParameterTuningJobStatus"] not in _ENDED:
        raise ResourceInUse(
            f"The training job {document['TrainingJobName']} belongs to {arn}, which is in status "
            f"{tuning['HyperParameterTuningJobStatus']}."
        )


def delete_training_job(service: SageMakerService, request: Request) -> Response:
    return _delete(service, request, TRAINING)


def delete_processing_job(service: SageMakerService, request: Request) -> Response:
    return _delete(service, request, PROCESSING)


def delete_hyper_parameter_tuning_job(service: SageMakerService, request: Request) -> Response:
    """Its training jobs stay."""
    return _delete(service, request, TUNING)


def resume(service: SageMakerService) -> None:
    """A deletion is one transaction; what may be left of it are folders."""
    for path in service.settings.jobs_dir.glob(f"{_DISCARDED}*"):
        shutil.rmtree(path, ignore_errors=True)


ACTIONS: dict[str, Action] = {
    "DeleteTrainingJob": delete_training_job,
    "DeleteProcessingJob": delete_processing_job,
    "DeleteHyperParameterTuningJob": delete_hyper_parameter_tuning_job,
}
