"""What to ask of SageMaker for a model package: names and requests, the same each time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT, SHADOW_VARIANT, weights_for
from lambdas.deployment.endpoint_options import config_options
from lambdas.deployment.model_package import ApprovedPackage
from lambdas.deployment.settings import PlanSettings

VARIANT = OLD_VARIANT
"""Of a model that serves alone."""

_DIGITS = 8


def deployment_name(package: ApprovedPackage, settings: PlanSettings) -> str:
    """Name of the model, and of the endpoint configuration with which it serves alone:
    `<group>-v<version>-<8 hex>`.

    The hash is of the requests themselves: the same deployment has the same name, and another
    instance type, network or role is another deployment.
    """
    nameless = variant_of("", settings)
    requests = [
        model_request("", package, settings),
        sole_config_request("", nameless, settings=settings),
    ]
    return _name(package, requests)


def split_name(package: ApprovedPackage, *, old: str, new: str, share: float) -> str:
    """Name of the endpoint configuration with which two models serve."""
    return _name(package, [old, new, share])


def shadow_name(package: ApprovedPackage, *, old: str, new: str, sample_percent: int) -> str:
    """Name of the endpoint configuration with which `new` is the shadow of `old`."""
    return _name(package, [old, new, "shadow", sample_percent])


def _name(package: ApprovedPackage, made_of: Sequence[Any]) -> str:
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
    return f"{package.group}-v{package.version}-{digest[:_DIGITS]}"


def is_deployment_name(name: str, *, group: str) -> bool:
    """Whether `deployment_name`, `split_name` and `shadow_name` give such names for `group`.

    A prefix would not tell: `birds-v2` may be a group of its own beside `birds`.
    """
    return re.fullmatch(rf"{re.escape(group)}-v\d+-[0-9a-f]{{{_DIGITS}}}", name) is not None


def model_request(name: str, package: ApprovedPackage, settings: PlanSettings) -> dict[str, Any]:
    """CreateModel; image, model data and environment are those of the package."""
    serving = settings.serving
    request: dict[str, Any] = {
        "ModelName": name,
        "ExecutionRoleArn": settings.model_role_arn,
        "PrimaryContainer": {"ModelPackageName": package.arn},
        # Serverless inference takes no network isolation (developer guide, "Feature exclusions").
        "EnableNetworkIsolation": serving.mode != "serverless",
    }
    if serving.vpc is not None:
        request["VpcConfig"] = {
            "Subnets": list(serving.vpc.subnets),
            "SecurityGroupIds": list(serving.vpc.security_groups),
        }
    return request


def variant_of(model: str, settings: PlanSettings) -> dict[str, Any]:
    """A production variant of a new model, without its name and its weight."""
    serverless = settings.serving.serverless
    if serverless is None:
        return {
            "ModelName": model,
            "InstanceType": settings.serving.instance_type,
            "InitialInstanceCount": settings.serving.instance_count,
        }
    config = {"MemorySizeInMB": serverless.memory_mb, "MaxConcurrency": serverless.max_concurrency}
    if serverless.provisioned_concurrency is not None:
        config["ProvisionedConcurrency"] = serverless.provisioned_concurrency
    return {"ModelName": model, "ServerlessConfig": config}


def sole_config_request(
    name: str, variant: Mapping[str, Any], *, settings: PlanSettings
) -> dict[str, Any]:
    """CreateEndpointConfig, with one variant that takes all requests."""
    return {
        "EndpointConfigName": name,
        "ProductionVariants": [_named(variant, VARIANT, 1)],
        **config_options(settings),
    }


def split_config_request(
    name: str,
    *,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    share: float,
    settings: PlanSettings,
) -> dict[str, Any]:
    """CreateEndpointConfig, with two variants; the new one gets `share` of the requests."""
    weights = weights_for(share)
    return {
        "EndpointConfigName": name,
        "ProductionVariants": [
            _named(old, OLD_VARIANT, weights[OLD_VARIANT]),
            _named(new, NEW_VARIANT, weights[NEW_VARIANT]),
        ],
        **config_options(settings),
    }


def shadow_config_request(
    name: str,
    *,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    sample_percent: int,
    settings: PlanSettings,
) -> dict[str, Any]:
    """CreateEndpointConfig, with the model that serves and the new one as its shadow.

    The shadow gets a copy of as many requests as its weight is of the other's. All requests and
    answers are captured: a comparison needs both answers to the same request.
    """
    return {
        "EndpointConfigName": name,
        "ProductionVariants": [_named(old, OLD_VARIANT, 1)],
        "ShadowProductionVariants": [_named(new, SHADOW_VARIANT, sample_percent / 100)],
        **config_options(settings, capture_percent=100),
    }


def _named(variant: Mapping[str, Any], name: str, weight: float) -> dict[str, Any]:
    return {**variant, "VariantName": name, "InitialVariantWeight": weight}


def create_request(endpoint: str, config: str) -> dict[str, Any]:
    """CreateEndpoint."""
    return {"EndpointName": endpoint, "EndpointConfigName": config}


def update_request(
    endpoint: str,
    config: str,
    *,
    keep_capacity: bool,
    deployment_config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """UpdateEndpoint.

    Args:
        keep_capacity: whether variants that go on by their names keep the instances that they
            have been scaled to; their weights and what they capture are those of `config`.
        deployment_config: how the new instances come in; None for all at once without alarms.
    """
    request: dict[str, Any] = {"EndpointName": endpoint, "EndpointConfigName": config}
    if keep_capacity:
        request["RetainAllVariantProperties"] = True
        request["ExcludeRetainedVariantProperties"] = [
            {"VariantPropertyType": "DesiredWeight"},
            {"VariantPropertyType": "DataCaptureConfig"},
        ]
    if deployment_config is not None:
        request["DeploymentConfig"] = dict(deployment_config)
    return request


def weights_request(endpoint: str, weights: Mapping[str, float]) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities; the capacities stay."""
    return {
        "EndpointName": endpoint,
        "DesiredWeightsAndCapacities": [
            {"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()
        ],
    }
