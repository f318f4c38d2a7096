"""Remove models and endpoint configurations that deployments made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from lambdas.deployment.requests import is_deployment_name
from lambdas.shared.aws_errors import is_missing


def remove_config(sagemaker: Any, name: str) -> bool:
    """False if there is none of this name. Raises ClientError."""
    try:
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True


def remove_model(sagemaker: Any, name: str) -> bool:
    """False if there is none of this name. Raises ClientError."""
    try:
        sagemaker.delete_model(ModelName=name)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True


def remove_deployment(sagemaker: Any, name: str) -> None:
    """Remove the configuration and the model of a deployment; missing ones are fine.

    The endpoint must not use them. Raises ClientError.
    """
    remove_config(sagemaker, name)
    remove_model(sagemaker, name)


def list_configs(sagemaker: Any, *, group: str) -> list[str]:
    """Configurations that deployments of `group` made, sorted. Raises ClientError."""
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains=f"{group}-v")
    found = (each["EndpointConfigName"] for page in pages for each in page["EndpointConfigs"])
    return _own(found, group)


def list_models(sagemaker: Any, *, group: str) -> list[str]:
    """Models that deployments of `group` made, sorted. Raises ClientError."""
    pages = sagemaker.get_paginator("list_models").paginate(NameContains=f"{group}-v")
    return _own((each["ModelName"] for page in pages for each in page["Models"]), group)


def _own(found: Iterable[str], group: str) -> list[str]:
    # NameContains finds the text anywhere in a name, in any case.
    return sorted(name for name in found if is_deployment_name(name, group=group))
