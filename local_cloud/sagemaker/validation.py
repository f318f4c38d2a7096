"""SageMaker's requests and answers checked against botocore's model of its API."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, ServiceModel

from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.validation import ApiModel

CHECK_ANSWERS = "LOCAL_CLOUD_CHECK_ANSWERS"
"""Environment variable of whoever develops the local cloud itself: where it is 1, an answer that
is not as AWS's model says becomes an error."""
_DESCRIBED_BY_EVENTS = {
    "SageMaker Training Job State Change": "DescribeTrainingJob",
    "SageMaker Processing Job State Change": "DescribeProcessingJob",
    "SageMaker Transform Job State Change": "DescribeTransformJob",
    "SageMaker HyperParameter Tuning Job State Change": "DescribeHyperParameterTuningJob",
    "SageMaker Endpoint State Change": "DescribeEndpoint",
    "SageMaker Endpoint Deployment State Change": "DescribeEndpoint",
    "SageMaker Notebook Instance State Change": "DescribeNotebookInstance",
}
_MODEL = ApiModel("sagemaker", title="SageMaker")


def service_model() -> ServiceModel:
    """botocore's model of SageMaker's API."""
    return _MODEL.shapes


def operation(action: str) -> OperationModel:
    """Raises ApiError (UnknownOperationException) for an action that AWS does not have."""
    return _MODEL.operation(action)


def check_types(action: str, request: Mapping[str, Any]) -> None:
    """Raises ApiError (SerializationException) for a value of a wrong JSON type."""
    _MODEL.check_types(action, request)


def validate(action: str, request: Mapping[str, Any]) -> None:
    """Raises ApiError: SerializationException, ValidationException that names every fault."""
    _MODEL.validate(action, request)


def check_answer(action: str, answer: Mapping[str, Any]) -> None:
    """Raises ApiError where the answer is not as the action's output shape says; only where
    :data:`CHECK_ANSWERS` is set."""
    if os.environ.get(CHECK_ANSWERS) != "1":
        return
    if action == "DescribeModelPackage" and "ModelPackageVersion" in answer:
        # botocore's model requires a name of versions too, which have none on AWS.
        answer = {"ModelPackageName": "version", **answer}
    tell_wrong_answer(action, _MODEL.answer_faults(action, answer))


def check_error(action: str, error: ApiError) -> None:
    """As :func:`check_answer`, for an error in place of an answer."""
    if os.environ.get(CHECK_ANSWERS) == "1":
        faults = _MODEL.error_faults(action, error.code)
        tell_wrong_answer(action, [f"{fault}: {error.message}" for fault in faults])


def check_event(detail_type: str, detail: Mapping[str, Any]) -> None:
    """As :func:`check_answer`, for an event whose detail is a description: its members. Types and
    values differ there (times in milliseconds, states in capitals, tags by their keys)."""
    described = _DESCRIBED_BY_EVENTS.get(detail_type)
    if described is not None and os.environ.get(CHECK_ANSWERS) == "1":
        shape: Any = operation(described).output_shape
        unknown = sorted(detail.keys() - shape.members.keys() - {"Tags"})
        tell_wrong_answer(detail_type, [f"unknown member '{one}'" for one in unknown])


def tell_wrong_answer(action: str, faults: list[str]) -> None:
    """Raises ApiError where there are faults. Its status is one that clients do not retry."""
    if faults:
        raise ApiError(
            "AnswerOutOfShape", f"The answer of {action} is wrong: {'; '.join(faults)}", status=400
        )
