"""Requests that belong to no action of the local cloud and name none: those of SageMaker's
services that are told apart by path instead of a target."""

from __future__ import annotations

import re
from typing import Any

from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.validation import ApiModel
from local_cloud.sagemaker.treatment.enforcement import DOCS_PAGE

_SERVICES = (
    "sagemaker-runtime",
    "sagemaker-featurestore-runtime",
    "sagemaker-metrics",
    "sagemaker-a2i-runtime",
    "sagemaker-edge",
)
"""botocore's names of the services whose requests are signed for SageMaker."""


def error(method: str, path: str) -> ApiError:
    """What such a request is answered: the action's name where AWS has one there."""
    for service in _SERVICES:
        action = _action(service, method, path)
        if action is not None:
            return ApiError(
                "UnsupportedOperation",
                f"The local cloud does not have the action {action} of {service}. {DOCS_PAGE} "
                "lists those that it has.",
            )
    return ApiError(
        "UnknownOperationException",
        f"SageMaker has no action at {method} {path}. {DOCS_PAGE} lists those of the local cloud.",
        status=404,
    )


def _action(service: str, method: str, path: str) -> str | None:
    model = ApiModel(service, title=service)
    for name in model.shapes.operation_names:
        http: Any = model.operation(name).http
        template = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(http["requestUri"].split("?")[0]))
        if http["method"] == method and re.fullmatch(f"{template}/?", path):
            return str(name)
    return None
