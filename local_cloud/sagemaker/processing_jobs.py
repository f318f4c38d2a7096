"""Processing jobs: the API family over :mod:`local_cloud.sagemaker.runner.processing`."""

from __future__ import annotations

import time

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker import processing_checks
from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.experiments import tracking
from local_cloud.sagemaker.job_state import INTERRUPTED, ask_to_stop
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.runner import processing
from local_cloud.sagemaker.runner.interrupted import interrupted
from local_cloud.sagemaker.runner.processing import KIND, STATUS, publish
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged

_NAME = "ProcessingJobName"
_SUMMARY_KEYS = (
    _NAME,
    "ProcessingJobArn",
    "CreationTime",
    "ProcessingEndTime",
    "LastModifiedTime",
    STATUS,
    "FailureReason",
    "ExitMessage",
)
_SORT_KEYS = {"Name": _NAME, "Status": STATUS, "CreationTime": "CreationTime"}


def create_processing_job(service: SageMakerService, request: Request) -> Response:
    processing_checks.check(service, request)
    tracking.check(service, request)
    name = request[_NAME]
    service.credentials.as_role(request["RoleArn"], session_name=name)
    arn = service.arn(f"processing-job/{name}")
    now = time.time()
    document: Document = {
        **{key: value for key, value in request.items() if key != "Tags"},
        "ProcessingJobArn": arn,
        STATUS: "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    try:
        with service.store.transaction():
            create_tagged(service, KIND, name, document, request, arn=arn)
            tracking.track(service, request, KIND, arn)
    except NameTakenError:
        raise ResourceInUse(
            "Job name must be unique within an AWS account and region, and a job with this name "
            f"already exists ({arn})"
        ) from None
    publish(service, document)
    processing.start(service, name)
    return {"ProcessingJobArn": arn}


def describe_processing_job(service: SageMakerService, request: Request) -> Response:
    document = service.store.find(KIND, request[_NAME])
    if document is None:
        raise ValidationException(f"Could not find requested job with name: {request[_NAME]}")
    return public(document)


def stop_processing_job(service: SageMakerService, request: Request) -> Response:
    if service.store.find(KIND, request[_NAME]) is None:
        raise ResourceNotFound(f"Could not find requested job with name: {request[_NAME]}")

    def change(document: Document) -> None:
        ask_to_stop(document, status=STATUS, noun="job")

    publish(service, service.store.mutate(KIND, request[_NAME], change))
    return {}


def list_processing_jobs(service: SageMakerService, request: Request) -> Response:
    return list_page(
        service.store.listed(KIND),
        request,
        "ProcessingJobSummaries",
        keys=_SUMMARY_KEYS,
        sort_keys=_SORT_KEYS,
        name=_NAME,
        status=STATUS,
        default_order="Ascending",
    )


def resume(service: SageMakerService) -> None:
    """A process does not survive its local cloud: what ran is marked as failed, honestly."""
    for name, was_to_stop in interrupted(service, KIND, "ProcessingJob"):
        if was_to_stop:
            processing.end(service, name, "Stopped")
        else:
            processing.end(service, name, "Failed", reason=INTERRUPTED)


ACTIONS: dict[str, Action] = {
    "CreateProcessingJob": create_processing_job,
    "DescribeProcessingJob": describe_processing_job,
    "StopProcessingJob": stop_processing_job,
    "ListProcessingJobs": list_processing_jobs,
}
