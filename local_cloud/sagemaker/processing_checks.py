"""What CreateProcessingJob refuses beyond the shapes: AWS's rules, and what is lacking here.

The rules are those of the API reference of CreateProcessingJob and its types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.json_api.errors import raise_all, refusal
from local_cloud.sagemaker.runner import images, places
from local_cloud.sagemaker.service import SageMakerService

ROOT = "/opt/ml/processing"
_Part = Mapping[str, Any]


def check(service: SageMakerService, request: _Part) -> None:
    """Raises ValidationException that names every fault."""
    raise_all(
        [
            *_program(service, request["AppSpecification"]),
            *_moved(request.get("ProcessingInputs", []), "Input", "DatasetDefinition"),
            *_moved(
                request.get("ProcessingOutputConfig", {}).get("Outputs", []),
                "Output",
                "FeatureStoreOutput",
            ),
        ]
    )


def _program(service: SageMakerService, specification: _Part) -> Iterator[str]:
    uri = specification["ImageUri"]
    unknown = list(refusal(lambda: images.find(service.settings, uri)))
    yield from unknown
    named = "ContainerEntrypoint" in specification
    if not (unknown or named or images.find(service.settings, uri).get("own")):
        yield "The local cloud runs processing jobs of AWS's images by ContainerEntrypoint."


def _moved(entries: list[_Part], what: str, other: str) -> Iterator[str]:
    """``what`` is Input or Output; ``other`` may stand in the place of its S3 member."""
    name, s3 = f"{what}Name", f"S3{what}"
    names = [entry[name] for entry in entries]
    if len(names) != len(set(names)):
        yield f"{what} names must be unique within the request."
    for entry in entries:
        whose = f"{what.lower()} {entry[name]}"
        if (s3 in entry) is (other in entry):
            yield f"Exactly one of {s3} and {other} must be given for {whose}."
        else:
            yield from _place(entry.get(s3, {}), whose, managed=not entry.get("AppManaged"))


def _place(described: _Part, whose: str, *, managed: bool) -> Iterator[str]:
    """``managed``: SageMaker, and not the program, moves the data."""
    if "S3Uri" in described:
        yield from refusal(lambda: places.parse(described["S3Uri"]))
    path = described.get("LocalPath")
    if path is not None:
        yield from refusal(lambda: places.check_container_path(path, ROOT, whose))
    elif managed:
        yield f"LocalPath of {whose} is required when AppManaged is False."
