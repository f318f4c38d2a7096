"""What botocore's SageMaker model says about a step's arguments and properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import botocore.session

from local_cloud.sagemaker.pipeline import paths, references

REQUESTS = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "Tuning": "CreateHyperParameterTuningJob",
    "Model": "CreateModel",
    "Transform": "CreateTransformJob",
    "RegisterModel": "CreateModelPackage",
}
NAMES = {
    "Processing": "ProcessingJobName",
    "Training": "TrainingJobName",
    "Tuning": "HyperParameterTuningJobName",
    "Model": "ModelName",
    "Transform": "TransformJobName",
    "RegisterModel": "ModelPackageName",
}
"""The member that names the resource: pipelines make the name themselves."""

_PROPERTIES = {
    "Processing": ("DescribeProcessingJob",),
    "Training": ("DescribeTrainingJob",),
    "Tuning": (
        "DescribeHyperParameterTuningJob",
        "ListTrainingJobsForHyperParameterTuningJob",
    ),
    "Model": ("DescribeModel",),
    "Transform": ("DescribeTransformJob",),
    "RegisterModel": ("DescribeModelPackage",),
}


@lru_cache(maxsize=1)
def _model() -> Any:
    untyped: Any = botocore.session
    return untyped.get_session().get_service_model("sagemaker")


def argument_faults(step_type: str, arguments: Mapping[str, Any]) -> list[str]:
    """What AWS would refuse about the form of a step's arguments; values are left to the job."""
    if step_type not in REQUESTS:
        return []
    shape = _model().operation_model(REQUESTS[step_type]).input_shape
    if step_type == "RegisterModel" and NAMES[step_type] in arguments:
        return [f"Unknown Argument member '{NAMES[step_type]}'."]
    return list(_faults(arguments, shape, "Arguments", optional={NAMES[step_type]}))


def _faults(value: Any, shape: Any, where: str, optional: set[str] | None = None) -> Iterator[str]:
    if references.variable(value) is not None:
        return
    if shape.type_name == "structure":
        if not isinstance(value, Mapping):
            yield f"{where}: Expecting start of Json Object."
            return
        yield from _member_faults(value, shape, where, optional or set())
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{where}: Expecting start of Json Array."
            return
        for position, item in enumerate(value):
            yield from _faults(item, shape.member, f"{where}[{position}]")
    elif shape.type_name == "map":
        if not isinstance(value, Mapping):
            yield f"{where}: Expecting start of Json Object."
            return
        for key, item in value.items():
            yield from _faults(item, shape.value, f"{where}['{key}']")
    else:
        yield from _leaf_faults(value, shape, where)


def _member_faults(
    value: Mapping[str, Any], shape: Any, where: str, optional: set[str]
) -> Iterator[str]:
    for member, item in value.items():
        if member not in shape.members:
            yield f"Unknown Argument member '{member}' ({where})."
        else:
            yield from _faults(item, shape.members[member], f"{where}.{member}")
    for member in shape.required_members:
        if member not in value and member not in optional:
            yield f"Missing required Argument member '{member}' ({where})."


def _leaf_faults(value: Any, shape: Any, where: str) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        yield f"{where}: Expecting a {shape.type_name}."
    elif shape.type_name == "string" and not isinstance(value, str):
        yield f"{where}: {value!r} is not a string."
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        member = where.rsplit(".", 1)[-1]
        allowed = ", ".join(shape.enum)
        yield (
            f"Model Validation failed: Value '{value}' for '{member}' failed to satisfy enum "
            f"value set: [{allowed}]."
        )


def has_property(step_type: str, tokens: tuple[paths.Token, ...]) -> bool:
    """Whether a finished step of this type has the property that the tokens lead to."""
    for operation in _PROPERTIES.get(step_type, ()):
        if _leads_somewhere(_model().operation_model(operation).output_shape, tokens):
            return True
    return False


def _leads_somewhere(shape: Any, tokens: tuple[paths.Token, ...]) -> bool:
    for token in tokens:
        if shape.type_name == "structure" and token in shape.members:
            shape = shape.members[token]
        elif shape.type_name == "list":
            shape = shape.member
        elif shape.type_name == "map" and isinstance(token, str):
            shape = shape.value
        else:
            return False
    return True
