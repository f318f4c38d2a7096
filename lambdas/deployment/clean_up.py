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
    """Remove configurations and models that `plan` does not keep and that do not serve.

    Kept are what the plan made, and what served before it as far as the champion record goes.

    Returns:
        Names of what was removed; a configuration and its model have one name.

    Raises:
        ClientError: SageMaker refuses; calling again goes on from there.
    """
    endpoint = find_endpoint(sagemaker, endpoint_name)
    kept = {*plan["keep"], endpoint.config if endpoint else None} - {None, ""}
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


def reject_package(plan: Mapping[str, Any], *, sagemaker: Any) -> str:
    """Reject the package of a model that lost a split or was rolled back by hand, so that the
    next model is not compared with it.

    Returns:
        ARN of the package; empty if there is none to reject.

    Raises:
        ClientError: SageMaker refuses; calling again does no harm.
    """
    arn: str = plan.get("rejected_package", "")
    if arn:
        sagemaker.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus="Rejected",
            ApprovalDescription=plan["rejected_reason"],
        )
    return arn
