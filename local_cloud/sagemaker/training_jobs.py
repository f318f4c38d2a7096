"""Training jobs: the API family over :mod:`local_cloud.sagemaker.runner.training`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker import training_checks, warm_pools
from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.experiments import tracking
from local_cloud.sagemaker.job_state import INTERRUPTED, check_can_stop
from local_cloud.sagemaker.listing import Listed, list_page
from local_cloud.sagemaker.runner import builtin_algorithms, training
from local_cloud.sagemaker.runner.interrupted import interrupted
from local_cloud.sagemaker.runner.training import KIND, STATUS, publish
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged

_NAME = "TrainingJobName"
_NOT_DESCRIBED = ("Tags", "SessionChainingConfig", "RemoteDebugConfig", "InfraCheckConfig")
_SUMMARY_KEYS = (
    _NAME,
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    STATUS,
    "SecondaryStatus",
    "WarmPoolStatus",
)
_SORT_KEYS = {"Name": _NAME, "Status": STATUS, "CreationTime": "CreationTime"}


def create_training_job(service: SageMakerService, request: Request) -> Response:
    return create(service, request, tuning_job_arn=None)


def create(service: SageMakerService, request: Request, *, tuning_job_arn: str | None) -> Response:
    """CreateTrainingJob, for a client or for a tuning job."""
    check(service, request)
    tracking.check(service, request)
    name = request[_NAME]
    arn = service.arn(f"training-job/{name}")
    document = _document(request, arn, tuning_job_arn)
    try:
        with service.store.transaction():
            create_tagged(service, KIND, name, document, request, arn=arn)
            tracking.track(service, request, KIND, arn)
    except NameTakenError:
        raise ResourceInUse(
            "Training job names must be unique within an AWS account and region, and a training "
            f"job with this name already exists ({arn})"
        ) from None
    publish(service, document)
    training.start(service, name)
    return {"TrainingJobArn": arn}


def check(service: SageMakerService, request: Mapping[str, Any]) -> None:
    """All that is refused at once: by the request's members, for a role that SageMaker may not
    assume, and for one that finds no data to train on. Raises ApiError."""
    training_checks.check(service, request)
    session = service.credentials.as_role(request["RoleArn"], session_name=request[_NAME])
    training_checks.check_inputs(session.client("s3"), request)


def _document(request: Request, arn: str, tuning_job_arn: str | None) -> Document:
    now = time.time()
    document: Document = {
        **{key: value for key, value in request.items() if key not in _NOT_DESCRIBED},
        "TrainingJobArn": arn,
        STATUS: "InProgress",
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [
            {
                "Status": "Starting",
                "StartTime": now,
                "StatusMessage": "Starting the training job",
            }
        ],
        "ModelArtifacts": {"S3ModelArtifacts": training.model_uri(request)},
        "CreationTime": now,
        "LastModifiedTime": now,
        "_metrics": [],
    }
    document.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": training.DEFAULT_SECONDS})
    algorithm = request["AlgorithmSpecification"]
    builtin = builtin_algorithms.find(algorithm["TrainingImage"])
    if builtin:
        # AWS describes these jobs with the algorithm's own definitions, too.
        definitions = list(builtin.metric_definitions)
        document["AlgorithmSpecification"] = {**algorithm, "MetricDefinitions": definitions}
    if tuning_job_arn is not None:
        document["TuningJobArn"] = tuning_job_arn
    return document


def describe_training_job(service: SageMakerService, request: Request) -> Response:
    document = service.store.find(KIND, request[_NAME])
    if document is None:
        raise ValidationException("Requested resource not found.")
    answer = public(document)
    if answer[STATUS] != "Completed":
        # AWS names the artifacts before there are any; nothing lies there yet.
        answer["ModelArtifacts"] = document["ModelArtifacts"]
    return warm_pools.add_to(answer)


def stop_training_job(service: SageMakerService, request: Request) -> Response:
    if service.store.find(KIND, request[_NAME]) is None:
        raise ResourceNotFound("Requested resource not found.")

    def change(document: Document) -> None:
        check_can_stop(document, status=STATUS, noun="training job")
        if document[STATUS] == "InProgress":
            document[STATUS] = "Stopping"
            training.note_transition(document, "Stopping")

    publish(service, service.store.mutate(KIND, request[_NAME], change))
    return {}


def list_training_jobs(service: SageMakerService, request: Request) -> Response:
    jobs: Sequence[Listed] = service.store.listed(KIND)
    wanted = request.get("WarmPoolStatusEquals")
    if wanted is not None:
        described = [warm_pools.add_to(job) for job in service.store.list(KIND)]
        jobs = [job for job in described if job.get("WarmPoolStatus", {}).get("Status") == wanted]
    return list_page(
        jobs,
        request,
        "TrainingJobSummaries",
        keys=_SUMMARY_KEYS,
        sort_keys=_SORT_KEYS,
        name=_NAME,
        status=STATUS,
        default_order="Ascending",
    )


def resume(service: SageMakerService) -> None:
    """A process does not survive its local cloud: what ran is marked as failed, honestly."""
    for name, was_to_stop in interrupted(service, KIND, "TrainingJob"):
        if was_to_stop:
            training.end(service, name, "Stopped", "Stopped", "Training job stopped")
        else:
            training.fail(service, name, INTERRUPTED)


ACTIONS: dict[str, Action] = {
    "CreateTrainingJob": create_training_job,
    "DescribeTrainingJob": describe_training_job,
    "StopTrainingJob": stop_training_job,
    "ListTrainingJobs": list_training_jobs,
}
