"""What a fleet serves, resolved from an endpoint configuration and its models.

A plan is kept in the endpoint's document, so that the endpoint survives a restart of the local
cloud, and, as on AWS, the deletion of its configuration or models.
"""

from __future__ import annotations

import uuid
from typing import Any, NotRequired, TypedDict

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting.connections import PRIMARY
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

DOWNLOAD_SECONDS = 3600
"""Until a model's data must be there, where the variant does not say: the longest that it can."""
HEALTH_CHECK_SECONDS = 240
"""Until /ping must answer 200, where the variant does not say."""


class ModelData(TypedDict):
    """Where a model's files lie: a tar, one file, or a prefix that holds the files themselves."""

    uri: str
    archive: bool
    single: NotRequired[bool]
    """Whether what is no archive is one file."""


class MultiModelData(TypedDict):
    """Where the models of a multi-model container lie, and whether they stay loaded."""

    prefix: str
    cached: bool


class Container(TypedDict):
    """A model's container with its model package resolved."""

    image: str
    environment: dict[str, str]
    data: NotRequired[ModelData]
    models: NotRequired[MultiModelData]


class VariantPlan(TypedDict):
    variant: str
    model: str
    weight: float
    instances: int
    health_check_seconds: int
    role: str
    isolated: bool
    container: Container
    """The first one, where there are several."""
    containers: NotRequired[dict[str, Container]]
    """All by name in their order, where there are several."""
    direct: NotRequired[bool]
    """Whether each of several containers is asked by its name, not one after the other."""
    download_seconds: NotRequired[int]
    instance_type: NotRequired[str]
    serverless: NotRequired[dict[str, int]]
    """Its ServerlessConfig, where it has one instead of instances."""


class Plan(TypedDict):
    """One fleet of an endpoint; ``deployment`` is its own id."""

    deployment: str
    config: str
    variants: list[VariantPlan]
    shadows: NotRequired[list[VariantPlan]]
    """Its shadow variant, where it has one."""
    capture: NotRequired[dict[str, Any]]
    """The configuration's DataCaptureConfig, which may be switched off."""
    asynchronous: NotRequired[dict[str, Any]]
    """The configuration's AsyncInferenceConfig."""


def make(service: SageMakerService, config_name: str) -> Plan:
    """Raises ValidationException where the configuration or one of its models is missing."""
    config = find_config(service, config_name)
    variants = [_variant(service, variant) for variant in config["ProductionVariants"]]
    plan = Plan(deployment=uuid.uuid4().hex[:17], config=config_name, variants=variants)
    if "ShadowProductionVariants" in config:
        plan["shadows"] = [_variant(service, one) for one in config["ShadowProductionVariants"]]
    if "DataCaptureConfig" in config:
        plan["capture"] = config["DataCaptureConfig"]
    if "AsyncInferenceConfig" in config:
        plan["asynchronous"] = config["AsyncInferenceConfig"]
    return plan


def all_variants(plan: Plan) -> list[VariantPlan]:
    """Those of production and the shadow."""
    return [*plan["variants"], *plan.get("shadows", [])]


def containers_of(variant: VariantPlan) -> dict[str, Container]:
    """By name, in their order."""
    return variant.get("containers", {PRIMARY: variant["container"]})


def deployed_images(variant: VariantPlan) -> list[dict[str, Any]]:
    """DeployedImage of each container, without when it was resolved."""
    return [
        {"SpecifiedImage": one["image"], "ResolvedImage": one["image"]}
        for one in containers_of(variant).values()
    ]


def multi_model(variant: VariantPlan) -> bool:
    """Whether a request must name one of a container's models."""
    return any("models" in one for one in containers_of(variant).values())


def retain(plan: Plan, before: Plan, *, weights: bool, instances: bool, capture: bool) -> None:
    """Keep what the variants of the same name, and what is captured of them, have now
    (RetainAllVariantProperties)."""
    if capture:
        plan.pop("capture", None)
        if "capture" in before:
            plan["capture"] = before["capture"]
    known = {variant["variant"]: variant for variant in all_variants(before)}
    for variant in all_variants(plan):
        kept = known.get(variant["variant"])
        if kept is None:
            continue
        if weights:
            variant["weight"] = kept["weight"]
        if instances:
            variant["instances"] = kept["instances"]


def find_config(service: SageMakerService, name: str) -> Document:
    """Raises ValidationException in AWS's words."""
    config = service.store.find("endpoint-config", name)
    if config is None:
        arn = service.arn(f"endpoint-config/{name}")
        raise ValidationException(f'Could not find endpoint configuration "{arn}".')
    return config


def find_model(service: SageMakerService, name: str) -> Document:
    """Raises ValidationException in AWS's words."""
    model = service.store.find("model", name)
    if model is None:
        raise ValidationException(f'Could not find model "{service.arn(f"model/{name}")}".')
    return model


def _variant(service: SageMakerService, variant: dict[str, Any]) -> VariantPlan:
    model = find_model(service, variant["ModelName"])
    timeout = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", HEALTH_CHECK_SECONDS)
    plan = VariantPlan(
        variant=variant["VariantName"],
        model=variant["ModelName"],
        weight=variant.get("InitialVariantWeight", 1.0),
        instances=variant.get("InitialInstanceCount", 1),
        health_check_seconds=timeout,
        role=model["ExecutionRoleArn"],
        isolated=model["EnableNetworkIsolation"],
        container=model["_container"],
    )
    if "_containers" in model:
        plan["containers"], plan["direct"] = model["_containers"], model["_direct"]
    if "ModelDataDownloadTimeoutInSeconds" in variant:
        plan["download_seconds"] = variant["ModelDataDownloadTimeoutInSeconds"]
    if "InstanceType" in variant:
        plan["instance_type"] = variant["InstanceType"]
    if "ServerlessConfig" in variant:
        plan["serverless"] = variant["ServerlessConfig"]
    return plan
