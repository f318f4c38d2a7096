"""What to ask of SageMaker for a model package: names and requests, the same each time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT, weights_for
from lambdas.deployment.model_package import ApprovedPackage
from lambdas.deployment.settings import PlanSettings

VARIANT = OLD_VARIANT
"""Of a model that serves alone."""

_DIGITS = 8


def deployment_name(package: ApprovedPackage, settings: PlanSettings) -> str:
    """Name of the model, and of the endpoint configuration with which it serves alone:
    `<group>-v<version>-<8 hex>`.

    The hash is of all that the requests are made of: the same deployment has the same name,
    and another instance type or role is another deployment.
    """
    made_of = [
        package.arn,
        settings.model_role_arn,
        settings.instance_type,
        settings.instance_count,
        settings.kms_key_arn,
    ]
    return _name(package, made_of)


def split_name(package: ApprovedPackage, *, old: str, new: str, share: float) -> str:
    """Name of the endpoint configuration with which two models serve."""
    return _name(package, [old, new, share])


def _name(package: ApprovedPackage, made_of: list[Any]) -> str:
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    return f"{package.group}-v{package.version}-{digest[:_DIGITS]}"


def is_deployment_name(name: str, *, group: str) -> bool:
    """Whether `deployment_name` and `split_name` give such names for `group`.

    A prefix would not tell: `birds-v2` may be a group of its own beside `birds`.
    """
    return re.fullmatch(rf"{re.escape(group)}-v\d+-[0-9a-f]{{{_DIGITS}}}", name) is not None


def model_request(name: str, package: ApprovedPackage, settings: PlanSettings) -> dict[str, Any]:
    """CreateModel; image, model data and environment are those of the package."""
    return {
        "ModelName": name,
        "ExecutionRoleArn": settings.model_role_arn,
        "PrimaryContainer": {"ModelPackageName": package.arn},
        "EnableNetworkIsolation": True,
    }


def variant_of(model: str, settings: PlanSettings) -> dict[str, Any]:
    """A production variant of a new model, without its name and its weight."""
    return {
        "ModelName": model,
        "InstanceType": settings.instance_type,
        "InitialInstanceCount": settings.instance_count,
    }


def sole_config_request(
    name: str, variant: Mapping[str, Any], *, kms_key_arn: str
) -> dict[str, Any]:
    """CreateEndpointConfig, with one variant that takes all requests."""
    sole = {**variant, "VariantName": VARIANT, "InitialVariantWeight": 1}
    return _config_request(name, [sole], kms_key_arn=kms_key_arn)


def split_config_request(
    name: str,
    *,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    share: float,
    kms_key_arn: str,
) -> dict[str, Any]:
    """CreateEndpointConfig, with two variants; the new one gets `share` of the requests."""
    weights = weights_for(share)
    variants = [
        {**variant, "VariantName": name_, "InitialVariantWeight": weights[name_]}
        for name_, variant in ((OLD_VARIANT, old), (NEW_VARIANT, new))
    ]
    return _config_request(name, variants, kms_key_arn=kms_key_arn)


def _config_request(
    name: str, variants: list[dict[str, Any]], *, kms_key_arn: str
) -> dict[str, Any]:
    request: dict[str, Any] = {"EndpointConfigName": name, "ProductionVariants": variants}
    if kms_key_arn:
        request["KmsKeyId"] = kms_key_arn
    return request


def update_request(endpoint: str, config: str, *, keep_capacity: bool) -> dict[str, Any]:
    """UpdateEndpoint.

    Args:
        keep_capacity: whether variants that go on by their names keep the instances that they
            have been scaled to; their weights are those of `config`.
    """
    request: dict[str, Any] = {"EndpointName": endpoint, "EndpointConfigName": config}
    if keep_capacity:
        request["RetainAllVariantProperties"] = True
        request["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": "DesiredWeight"}]
    return request


def weights_request(endpoint: str, weights: Mapping[str, float]) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities; the capacities stay."""
    return {
        "EndpointName": endpoint,
        "DesiredWeightsAndCapacities": [
            {"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()
        ],
    }
