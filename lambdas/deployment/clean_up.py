"""Remove what no deployment needs any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.deployment.endpoint import find_endpoint
from lambdas.deployment.removal import list_configs, list_models, remove_config, remove_model
from lambdas.deployment.requests import is_deployment_name


def clean_up(
    plan: Mapping[str, Any], *, sagemaker: Any, endpoint_name: str, group: str
) -> list[str]:
    """Remove configurations and models older than those that served before the plan.

    Kept are what serves, what the plan made, and what served before it, to go back to.

    Returns:
        Names of what was removed; a configuration and its model have one name.

    Raises:
        ClientError: SageMaker refuses; calling again goes on from there.
    """
    endpoint = find_endpoint(sagemaker, endpoint_name)
    kept = {
        plan["endpoint"]["EndpointConfigName"],
        plan["previous_config"],
        endpoint.config if endpoint else None,
    } - {None, ""}
    removed = {
        name
        for name in list_configs(sagemaker, group=group)
        if name not in kept and remove_config(sagemaker, name)
    }
    # A configuration that a person made may use any of the models.
    if all(is_deployment_name(name, group=group) for name in kept):
        removed |= {
            name
            for name in list_models(sagemaker, group=group)
            if name not in kept and remove_model(sagemaker, name)
        }
    return sorted(removed)
