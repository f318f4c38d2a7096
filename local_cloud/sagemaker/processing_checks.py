"""What CreateProcessingJob refuses beyond the shapes: AWS's rules, and what is lacking here.

The rules are those of the API reference of CreateProcessingJob and its types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.sagemaker.errors import raise_all, refusal
from local_cloud.sagemaker.runner import images, places
from local_cloud.sagemaker.service import SageMakerService

ROOT = "/opt/ml/processing"
_Part = Mapping[str, Any]


def check(service: SageMakerService, request: _Part) -> None:
    """Raises ValidationException that names every fault."""
    raise_all(
        [
            *_program(service, request["AppSpecification"]),
            *_inputs(request.get("ProcessingInputs", [])),
            *_outputs(request.get("ProcessingOutputConfig", {}).get("Outputs", [])),
        ]
    )


def _program(service: SageMakerService, specification: _Part) -> Iterator[str]:
    uri = specification["ImageUri"]
    unknown = list(refusal(lambda: images.find(service.settings, uri)))
    yield from unknown
    named = "ContainerEntrypoint" in specification
    if not (unknown or named or images.find(service.settings, uri).get("own")):
        yield "The local cloud runs processing jobs of AWS's images by ContainerEntrypoint."


def _inputs(inputs: list[_Part]) -> Iterator[str]:
    names = [given["InputName"] for given in inputs]
    if len(names) != len(set(names)):
        yield "Input names must be unique within the request."
    for given in inputs:
        whose = f"input {given['InputName']}"
        if ("S3Input" in given) is ("DatasetDefinition" in given):
            yield f"Exactly one of S3Input and DatasetDefinition must be given for {whose}."
            continue
        source = given.get("S3Input", {})
        yield from _place(source, whose, managed=not given.get("AppManaged"))


def _outputs(outputs: list[_Part]) -> Iterator[str]:
    names = [output["OutputName"] for output in outputs]
    if len(names) != len(set(names)):
        yield "Output names must be unique within the request."
    for output in outputs:
        whose = f"output {output['OutputName']}"
        if ("S3Output" in output) is ("FeatureStoreOutput" in output):
            yield f"Exactly one of S3Output and FeatureStoreOutput must be given for {whose}."
            continue
        target = output.get("S3Output", {})
        yield from _place(target, whose, managed=not output.get("AppManaged"))


def _place(described: _Part, whose: str, *, managed: bool) -> Iterator[str]:
    """``managed``: SageMaker, and not the program, moves the data."""
    if "S3Uri" in described:
        yield from refusal(lambda: places.parse(described["S3Uri"]))
    path = described.get("LocalPath")
    if path is not None:
        yield from refusal(lambda: places.check_container_path(path, ROOT, whose))
    elif managed:
        yield f"LocalPath of {whose} is required when AppManaged is False."
