"""What an endpoint configuration may hold, and what excludes what on SageMaker.

Sources: CreateEndpointConfig in the SageMaker API reference; "Feature exclusions" of serverless
inference, "Asynchronous inference" and "Shadow variants" in the SageMaker developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request
from local_cloud.sagemaker.hosting.capture_record import captures
from local_cloud.sagemaker.runner import places
from local_cloud.sagemaker.service import SageMakerService

SUPPORTED = (
    "variants with a model and either an instance type with a weight or a ServerlessConfig, "
    "asynchronous inference, a shadow variant, and data capture"
)
MEMORY_SIZES = (1024, 2048, 3072, 4096, 5120, 6144)
"""MemorySizeInMB of a serverless variant."""
Variant = Mapping[str, Any]


def check(service: SageMakerService, request: Request) -> None:
    """Raises ValidationException that names every fault of a CreateEndpointConfig request."""
    lacking = list(_lacking(request))
    if lacking:
        raise ValidationException(
            f"The local cloud does not have {'; '.join(lacking)}. It has {SUPPORTED}."
        )
    faults = [
        *_variant_faults(request),
        *_serverless_faults(service, request),
        *_asynchronous_faults(request),
        *_container_faults(service, request),
        *_shadow_faults(request),
        *_capture_faults(request),
    ]
    if faults:
        name = request["EndpointConfigName"]
        raise ValidationException(f"Invalid endpoint configuration {name}: {'; '.join(faults)}.")


def _variants(request: Request) -> list[Variant]:
    return [*request["ProductionVariants"], *request.get("ShadowProductionVariants", [])]


def _lacking(request: Request) -> Iterator[str]:
    if request.get("AsyncInferenceConfig") and captures(request.get("DataCaptureConfig")):
        yield "data capture of asynchronous endpoints (DataCaptureConfig)"
    for variant in _variants(request):
        if "ModelName" not in variant:
            yield f"inference components (variant {variant['VariantName']} has no ModelName)"


def _variant_faults(request: Request) -> Iterator[str]:
    variants = _variants(request)
    names = [variant["VariantName"] for variant in variants]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"the variant name {name} is used twice"
    for variant in variants:
        given = {"InstanceType", "InitialInstanceCount"} & variant.keys()
        if "ServerlessConfig" in variant:
            for member in sorted(given):
                yield (
                    f"variant {variant['VariantName']} has both a ServerlessConfig and "
                    f"{member}: a serverless variant has no instances"
                )
        else:
            for member in sorted({"InstanceType", "InitialInstanceCount"} - given):
                yield f"variant {variant['VariantName']} has no {member}"
    if not any(one.get("InitialVariantWeight", 1.0) for one in request["ProductionVariants"]):
        yield "the weights of all variants are 0, so that none would take traffic"


def _serverless_faults(service: SageMakerService, request: Request) -> Iterator[str]:
    serverless = [one for one in _variants(request) if "ServerlessConfig" in one]
    for variant in serverless:
        yield from concurrency_faults(variant["VariantName"], variant["ServerlessConfig"])
        yield from _network_faults(service, variant)
    if not serverless:
        return
    if len(request["ProductionVariants"]) > 1:
        yield "a serverless endpoint has one production variant"
    if request.get("ShadowProductionVariants"):
        yield "a serverless endpoint has no shadow variants"
    if captures(request.get("DataCaptureConfig")):
        yield "data capture (DataCaptureConfig) is not supported for serverless endpoints"
    if request.get("AsyncInferenceConfig"):
        yield "asynchronous inference needs instances: give no ServerlessConfig with it"
    for member in ("VpcConfig", "EnableNetworkIsolation"):
        if request.get(member):
            yield f"{member} is not supported for serverless endpoints"


def concurrency_faults(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a variant's ServerlessConfig."""
    memory = config["MemorySizeInMB"]
    if memory not in MEMORY_SIZES:
        allowed = ", ".join(str(size) for size in MEMORY_SIZES)
        yield f"MemorySizeInMB of variant {name} is {memory}; it must be one of {allowed}"
    warm, most = config.get("ProvisionedConcurrency", 0), config["MaxConcurrency"]
    if warm > most:
        yield (
            f"ProvisionedConcurrency of variant {name} is {warm}; it must be less than or equal "
            f"to MaxConcurrency ({most})"
        )


def _network_faults(service: SageMakerService, variant: Variant) -> Iterator[str]:
    model = service.store.find("model", variant["ModelName"]) or {}
    for member in ("VpcConfig", "EnableNetworkIsolation"):
        if model.get(member):
            yield (
                f"model {variant['ModelName']} has {member}, which is not supported for "
                f"serverless endpoints (variant {variant['VariantName']})"
            )


def _asynchronous_faults(request: Request) -> Iterator[str]:
    config = request.get("AsyncInferenceConfig")
    if not config:
        return
    if len(request["ProductionVariants"]) > 1:
        yield "an asynchronous endpoint (AsyncInferenceConfig) has one production variant"
    if request.get("ShadowProductionVariants"):
        yield "an asynchronous endpoint (AsyncInferenceConfig) has no shadow variants"
    output = config["OutputConfig"]
    for member in ("S3OutputPath", "S3FailurePath"):
        if member in output and not _is_s3(output[member]):
            yield f"{member} {output[member]!r} is not an S3 URI: s3://<bucket>/<prefix>"
    if "S3OutputPath" not in output:
        yield "AsyncInferenceConfig.OutputConfig has no S3OutputPath"


def _container_faults(service: SageMakerService, request: Request) -> Iterator[str]:
    """What models of several containers, or of many models, cannot be part of."""
    for variant in _variants(request):
        model = service.store.find("model", variant["ModelName"]) or {}
        kinds = {one.get("Mode") for one in [*_containers(model)]}
        named = f"model {variant['ModelName']} of variant {variant['VariantName']}"
        if "ServerlessConfig" in variant:
            if len(_containers(model)) > 1:
                yield f"{named} has several containers, which serverless endpoints do not support"
            if "MultiModel" in kinds:
                yield f"{named} has Mode MultiModel, which serverless endpoints do not support"
        if request.get("AsyncInferenceConfig"):
            if "MultiModel" in kinds:
                yield f"{named} has Mode MultiModel, and InvokeEndpointAsync names no TargetModel"
            if model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct":
                yield (
                    f"{named} has containers for direct invocation, and InvokeEndpointAsync names "
                    "no TargetContainerHostname"
                )


def _containers(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    primary = model.get("PrimaryContainer")
    return list(model.get("Containers", [])) if primary is None else [primary]


def _shadow_faults(request: Request) -> Iterator[str]:
    shadows = request.get("ShadowProductionVariants", [])
    if not shadows:
        return
    if len(shadows) > 1:
        yield "an endpoint has one shadow variant at most"
    if len(request["ProductionVariants"]) > 1:
        yield "an endpoint with a shadow variant has one production variant"


def _capture_faults(request: Request) -> Iterator[str]:
    uri = request.get("DataCaptureConfig", {}).get("DestinationS3Uri", "s3://none")
    if not _is_s3(uri):
        yield f"DestinationS3Uri {uri!r} is not an S3 URI: s3://<bucket>/<prefix>"


def _is_s3(uri: str) -> bool:
    try:
        places.parse(uri)
    except ValidationException:
        return False
    return True
