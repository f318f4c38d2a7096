"""Transform jobs: the API family over :mod:`local_cloud.sagemaker.transform.job`."""

from __future__ import annotations

import time
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.experiments import tracking
from local_cloud.sagemaker.hosting.connections import PRIMARY
from local_cloud.sagemaker.hosting.plan import find_model
from local_cloud.sagemaker.job_state import INTERRUPTED, ask_to_stop
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.interrupted import interrupted
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError
from local_cloud.sagemaker.tags import create_tagged
from local_cloud.sagemaker.transform import data_processing, job, parameters
from local_cloud.sagemaker.transform.state import KIND, STATUS, described, end, publish

_NAME = "TransformJobName"
_SUMMARY_KEYS = (
    _NAME,
    "TransformJobArn",
    "CreationTime",
    "TransformEndTime",
    "LastModifiedTime",
    STATUS,
    "FailureReason",
)
_SORT_KEYS = {"Name": _NAME, "Status": STATUS, "CreationTime": "CreationTime"}


def create_transform_job(service: SageMakerService, request: Request) -> Response:
    check(request)
    tracking.check(service, request)
    model = find_model(service, request["ModelName"])
    name = request[_NAME]
    _check_input(service, request, model["ExecutionRoleArn"])
    arn = service.arn(f"transform-job/{name}")
    check_model(model)
    document = _document(request, arn, model)
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
    job.start(service, name)
    return {"TransformJobArn": arn}


def _check_input(service: SageMakerService, request: Request, role_arn: str) -> None:
    """AWS refuses at once a role that SageMaker may not assume, and input that it does not find.

    Raises ValidationException in AWS's words.
    """
    session = service.credentials.as_role(role_arn, session_name=request[_NAME])
    place = places.parse(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    try:
        objects.check_any(session.client("s3"), place)
    except objects.NoObjectsError as error:
        raise ValidationException(error.said_to(role_arn)) from error


def check(request: Request) -> None:
    """What AWS refuses beyond the shapes. Raises ValidationException."""
    places.parse(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    places.parse(request["TransformOutput"]["S3OutputPath"])
    parameters.check(request)
    data_processing.of_request(request)


def check_model(model: Document) -> None:
    """Raises ValidationException for a model that batch transform does not take."""
    if any("models" in one for one in _containers(model).values()):
        raise ValidationException(
            f"The local cloud transforms with containers of Mode SingleModel; {model['ModelName']} "
            "has one of Mode MultiModel."
        )
    if model.get("_direct"):
        raise ValidationException(
            f"The containers of {model['ModelName']} are asked by name (InferenceExecutionConfig "
            "Direct); batch transform asks them one after the other."
        )


def _containers(model: Document) -> dict[str, Any]:
    """By name, in their order."""
    found: dict[str, Any] = model.get("_containers", {PRIMARY: model["_container"]})
    return found


def _document(request: Request, arn: str, model: Document) -> Document:
    now = time.time()
    return {
        **{key: value for key, value in request.items() if key != "Tags"},
        "TransformInput": {
            "CompressionType": "None",
            "SplitType": "None",
            **request["TransformInput"],
        },
        "TransformOutput": {"AssembleWith": "None", **request["TransformOutput"]},
        "TransformJobArn": arn,
        STATUS: "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
        # The model as it is now: a job that runs does not need it any more.
        "_model": {
            "containers": _containers(model),
            "role": model["ExecutionRoleArn"],
            "isolated": model["EnableNetworkIsolation"],
        },
    }


def describe_transform_job(service: SageMakerService, request: Request) -> Response:
    document = service.store.find(KIND, request[_NAME])
    if document is None:
        raise ValidationException(f"Could not find requested job with name: {request[_NAME]}")
    return described(document)


def stop_transform_job(service: SageMakerService, request: Request) -> Response:
    if service.store.find(KIND, request[_NAME]) is None:
        raise ResourceNotFound(f"Could not find requested job with name: {request[_NAME]}")

    def change(document: Document) -> None:
        ask_to_stop(document, status=STATUS, noun="transform job")

    publish(service, service.store.mutate(KIND, request[_NAME], change))
    return {}


def list_transform_jobs(service: SageMakerService, request: Request) -> Response:
    return list_page(
        service.store.listed(KIND),
        request,
        "TransformJobSummaries",
        keys=_SUMMARY_KEYS,
        sort_keys=_SORT_KEYS,
        name=_NAME,
        status=STATUS,
    )


def resume(service: SageMakerService) -> None:
    """A process does not survive its local cloud: what ran is marked as failed, honestly."""
    for name, was_to_stop in interrupted(service, KIND, "TransformJob"):
        if was_to_stop:
            end(service, name, "Stopped")
        else:
            end(service, name, "Failed", reason=INTERRUPTED)


ACTIONS: dict[str, Action] = {
    "CreateTransformJob": create_transform_job,
    "DescribeTransformJob": describe_transform_job,
    "StopTransformJob": stop_transform_job,
    "ListTransformJobs": list_transform_jobs,
}
