"""Endpoint configurations: which models an endpoint serves, and with what weights."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.errors import ValidationException
from local_cloud.sagemaker.hosting.plan import find_config, find_model
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.service import Action, Request, Response, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import remove_all, set_tags

KIND = "endpoint-config"
_SUMMARY = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
_SORT_KEYS = {"Name": "EndpointConfigName", "CreationTime": "CreationTime"}
_LACKING = {
    "AsyncInferenceConfig": "asynchronous inference (AsyncInferenceConfig)",
    "ExplainerConfig": "online explanations (ExplainerConfig)",
    "ShadowProductionVariants": "shadow variants (ShadowProductionVariants)",
    "ExecutionRoleArn": "inference components (ExecutionRoleArn)",
}
_LACKING_IN_VARIANT = {
    "ServerlessConfig": "serverless inference (ServerlessConfig)",
    "ManagedInstanceScaling": "managed instance scaling (ManagedInstanceScaling)",
    "InstancePools": "instance pools (InstancePools)",
    "CoreDumpConfig": "core dumps (CoreDumpConfig)",
    "AcceleratorType": "Elastic Inference (AcceleratorType)",
}
SUPPORTED = "real-time inference on production variants with a model, an instance type and a weight"


def create_endpoint_config(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException that names every fault."""
    name = request["EndpointConfigName"]
    arn = service.arn(f"endpoint-config/{name}")
    _refuse_lacking(request)
    _check_variants(service, request["ProductionVariants"])
    document: Document = {
        **{member: value for member, value in request.items() if member != "Tags"},
        "ProductionVariants": [
            {"InitialVariantWeight": 1.0, **variant} for variant in request["ProductionVariants"]
        ],
        "EndpointConfigArn": arn,
        "CreationTime": time.time(),
    }
    document.setdefault("EnableNetworkIsolation", False)
    try:
        service.store.create(KIND, name, document)
    except NameTakenError:
        raise ValidationException(
            f'Cannot create already existing endpoint configuration "{arn}".'
        ) from None
    set_tags(service, arn, list(request.get("Tags", [])))
    return {"EndpointConfigArn": arn}


def _refuse_lacking(request: Request) -> None:
    lacking = [what for member, what in _LACKING.items() if request.get(member)]
    if request.get("DataCaptureConfig", {}).get("EnableCapture"):
        lacking.append("data capture (DataCaptureConfig.EnableCapture)")
    for variant in request["ProductionVariants"]:
        name = variant["VariantName"]
        lacking += [
            f"{what} of variant {name}"
            for member, what in _LACKING_IN_VARIANT.items()
            if variant.get(member)
        ]
        if "ModelName" not in variant:
            lacking.append(f"inference components (variant {name} has no ModelName)")
    if lacking:
        raise ValidationException(
            f"The local cloud does not have {'; '.join(lacking)}. It has {SUPPORTED}."
        )


def _check_variants(service: SageMakerService, variants: list[Mapping[str, Any]]) -> None:
    names = [variant["VariantName"] for variant in variants]
    faults = [
        f"the variant name {n} is used twice" for n in sorted(set(names)) if names.count(n) > 1
    ]
    for variant in variants:
        missing = {"InstanceType", "InitialInstanceCount"} - variant.keys()
        faults += [f"variant {variant['VariantName']} has no {m}" for m in sorted(missing)]
    if not any(variant.get("InitialVariantWeight", 1.0) for variant in variants):
        faults.append("the weights of all variants are 0, so that none would take traffic")
    if faults:
        raise ValidationException(f"Invalid ProductionVariants: {'; '.join(faults)}.")
    for variant in variants:
        find_model(service, variant["ModelName"])


def describe_endpoint_config(service: SageMakerService, request: Request) -> Response:
    return public(find_config(service, request["EndpointConfigName"]))


def list_endpoint_configs(service: SageMakerService, request: Request) -> Response:
    return list_page(
        service.store.list(KIND),
        request,
        "EndpointConfigs",
        keys=_SUMMARY,
        sort_keys=_SORT_KEYS,
        name="EndpointConfigName",
    )


def delete_endpoint_config(service: SageMakerService, request: Request) -> Response:
    """An endpoint that uses the configuration goes on, as on AWS."""
    config = find_config(service, request["EndpointConfigName"])
    service.store.delete(KIND, config["EndpointConfigName"])
    remove_all(service, config["EndpointConfigArn"])
    return {}


def resume(service: SageMakerService) -> None:
    """Endpoint configurations do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
    "DeleteEndpointConfig": delete_endpoint_config,
}
