"""What a request to sagemaker-runtime says, by the members of botocore's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel

from local_cloud.json_api.validation import ApiModel

MODEL = ApiModel("sagemaker-runtime", title="SageMaker Runtime")


def members(action: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The members that travel in headers, which may be spelt in any case; numbers as numbers."""
    given = {name.lower(): value for name, value in headers.items()}
    found: dict[str, Any] = {}
    operation: OperationModel = MODEL.operation(action)
    shape: Any = operation.input_shape
    for member, described in shape.members.items():
        place = described.serialization
        if place.get("location") == "header" and place["name"].lower() in given:
            found[member] = _typed(described.type_name, given[place["name"].lower()])
    return found


def _typed(kind: str, text: str) -> Any:
    return int(text) if kind == "integer" and text.lstrip("-").isdigit() else text
