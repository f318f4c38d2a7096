"""SageMaker's requests checked against botocore's model of its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, ServiceModel

from local_cloud.json_api.validation import ApiModel

_MODEL = ApiModel("sagemaker", title="SageMaker")


def service_model() -> ServiceModel:
    """botocore's model of SageMaker's API."""
    return _MODEL.shapes


def operation(action: str) -> OperationModel:
    """Raises ApiError (UnknownOperationException) for an action that AWS does not have."""
    return _MODEL.operation(action)


def validate(action: str, request: Mapping[str, Any]) -> None:
    """Raises ValidationException that names every fault of the request."""
    _MODEL.validate(action, request)
