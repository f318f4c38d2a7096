"""The containers of a CreateModel request, and how they work together.

Rules: CreateModel and ContainerDefinition in the SageMaker API reference; "Multi-container
endpoints" and "Multi-model endpoints" in the SageMaker developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request
from local_cloud.sagemaker.hosting.connections import PRIMARY

Definition = Mapping[str, Any]


def definitions_of(request: Request) -> dict[str, Definition]:
    """The containers by name, in the order in which they are asked. Raises ValidationException
    that names every fault."""
    primary, several = request.get("PrimaryContainer"), request.get("Containers")
    if (primary is None) is (not several):
        raise ValidationException(
            "Exactly one of PrimaryContainer and Containers must be given to create a model."
        )
    given: list[Definition] = [primary] if primary is not None else list(several or ())
    faults = [fault for one in given for fault in _faults(one)]
    faults += _faults_together(given, execution_mode(request))
    if faults:
        raise ValidationException(f"Invalid model {request['ModelName']}: {'; '.join(faults)}.")
    if len(given) == 1:
        return {PRIMARY: given[0]}
    return {
        one.get("ContainerHostname", f"container-{number}"): one
        for number, one in enumerate(given, start=1)
    }


def execution_mode(request: Request) -> str:
    """``Serial`` or ``Direct``."""
    mode: str = request.get("InferenceExecutionConfig", {}).get("Mode", "Serial")
    return mode


def described(definition: Definition) -> dict[str, Any]:
    """As DescribeModel says it."""
    return {"Mode": "SingleModel", "Environment": {}, **definition}


def _faults(definition: Definition) -> Iterator[str]:
    if "ModelPackageName" in definition and not {"Image", "ModelDataUrl"}.isdisjoint(definition):
        yield (
            "ModelPackageName cannot be given together with Image or ModelDataUrl: the model "
            "package names both"
        )
    if "Image" not in definition and "ModelPackageName" not in definition:
        yield "a container must have an Image or a ModelPackageName"
    if "ModelDataUrl" in definition and "ModelDataSource" in definition:
        yield "a container has ModelDataUrl or ModelDataSource, and not both"
    multi = definition.get("Mode") == "MultiModel"
    if multi and "ModelDataUrl" not in definition:
        yield "a container of Mode MultiModel needs the prefix of its models as ModelDataUrl"
    if "MultiModelConfig" in definition and not multi:
        yield "MultiModelConfig is for containers of Mode MultiModel"


def _faults_together(given: list[Definition], mode: str) -> Iterator[str]:
    names = [one["ContainerHostname"] for one in given if "ContainerHostname" in one]
    if len(given) == 1:
        if mode == "Direct":
            yield "InferenceExecutionConfig.Mode Direct is for several containers"
        return
    if mode == "Direct" and len(names) < len(given):
        yield "with Mode Direct each container needs a ContainerHostname"
    elif names and len(names) < len(given):
        yield "where one container has a ContainerHostname, each must have one"
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"the ContainerHostname {name} is used twice"
