"""Deletion of jobs that have ended. AWS deletes training, processing and tuning jobs.

What goes is the job's record and its tags; its artifacts and logs stay, and its name can be
given again.
"""

from __future__ import annotations

from dataclasses import dataclass

from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.experiments import job_components
from local_cloud.sagemaker.runner import processing, training
from local_cloud.sagemaker.service import Action, Request, Response, SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tags import remove_all
from local_cloud.sagemaker.tuner import search

_ENDED = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True, kw_only=True)
class _Deletable:
    """One kind of job: its kind in the store, its members, and what AWS calls it."""

    kind: str
    member: str
    """``<member>Name``, ``<member>Arn`` and ``<member>Status`` are the document's keys."""
    noun: str


TRAINING = _Deletable(kind=training.KIND, member="TrainingJob", noun="training job")
PROCESSING = _Deletable(kind=processing.KIND, member="ProcessingJob", noun="processing job")
TUNING = _Deletable(
    kind=search.KIND, member="HyperParameterTuningJob", noun="hyperparameter tuning job"
)


def _delete(service: SageMakerService, request: Request, job: _Deletable) -> Response:
    """Raises ResourceNotFound, and ResourceInUse for a job that runs or is still needed."""
    name = request[f"{job.member}Name"]
    with service.store.transaction():
        document = service.store.find(job.kind, name)
        if document is None:
            raise ResourceNotFound(f"Could not find requested {job.noun} with name: {name}")
        status = document[f"{job.member}Status"]
        if status not in _ENDED:
            raise ResourceInUse(
                f"The {job.noun} {name} is in status {status}. Only jobs in status "
                f"{', '.join(_ENDED)} can be deleted."
            )
        _refuse_needed(service, document)
        job_components.write_down(service, job.kind, name)
        service.store.delete(job.kind, name)
        remove_all(service, document[f"{job.member}Arn"])
    return {}


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
    """A deletion is one transaction: there is nothing to take up again."""


ACTIONS: dict[str, Action] = {
    "DeleteTrainingJob": delete_training_job,
    "DeleteProcessingJob": delete_processing_job,
    "DeleteHyperParameterTuningJob": delete_hyper_parameter_tuning_job,
}
