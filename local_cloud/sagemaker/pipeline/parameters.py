"""Pipeline parameters: their declaration, and the values that an execution is started with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.pipeline import forms

PARAMETER_TYPES = ("String", "Integer", "Float", "Boolean")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    name: str
    type: str
    default: Any = None
    """None where the parameter must be given at each start."""
    allowed: tuple[Any, ...] = ()
    """EnumValues; empty where any value is allowed."""


def parse_parameters(given: Any, faults: list[str]) -> list[Parameter]:
    """The declared parameters; faults are added to ``faults``."""
    parameters: list[Parameter] = []
    for position, entry in enumerate(forms.objects(given, "Parameters", faults)):
        if not entry.get("Name") or not isinstance(entry["Name"], str):
            faults.append(f"Parameters[{position}]: Name is missing or no string.")
            continue
        parameter = _parameter(entry, faults)
        if parameter is None:
            continue
        if parameter.name in {known.name for known in parameters}:
            faults.append(f"Parameter name '{parameter.name}' is not unique.")
        parameters.append(parameter)
    return parameters


def _parameter(entry: Mapping[str, Any], faults: list[str]) -> Parameter | None:
    name, kind, default = entry["Name"], entry.get("Type"), entry.get("DefaultValue")
    if kind not in PARAMETER_TYPES:
        faults.append(f"Parameter '{name}': type '{kind}' is not one of {list(PARAMETER_TYPES)}.")
        return None
    allowed = tuple(entry.get("EnumValues") or ())
    if default is not None and not _has_type(default, kind):
        faults.append(f"Parameter '{name}': default {default!r} is not of type {kind}.")
    elif default is not None and allowed and default not in allowed:
        faults.append(
            f"Parameter '{name}': default {default!r} is not one of its EnumValues {list(allowed)}."
        )
    return Parameter(name=name, type=kind, default=default, allowed=allowed)


def _has_type(value: Any, kind: str) -> bool:
    if kind == "String":
        return isinstance(value, str)
    if kind == "Boolean":
        return isinstance(value, bool)
    number = int if kind == "Integer" else int | float
    return isinstance(value, number) and not isinstance(value, bool)


def values_for(
    parameters: Mapping[str, Parameter], given: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """Every parameter's typed value, defaults included; ``given`` as StartPipelineExecution has it.

    Raises ValidationException that names every unknown, missing, badly typed or disallowed one.
    """
    faults: list[str] = []
    values: dict[str, Any] = {}
    for entry in given:
        name, text = entry["Name"], entry["Value"]
        if name in values:
            faults.append(f"Parameter [{name}] is given twice.")
        elif name not in parameters:
            faults.append(
                f"Parameter [{name}] is not defined in the pipeline definition; defined are "
                f"{sorted(parameters)}."
            )
        else:
            values[name] = _typed(parameters[name], text, faults)
    for name, parameter in parameters.items():
        if name in values:
            continue
        if parameter.default is None:
            faults.append(f"Parameter [{name}] has no default and no value was given.")
        values[name] = parameter.default
    if faults:
        raise ValidationException("Invalid pipeline parameters. " + " ".join(faults))
    return values


def _typed(parameter: Parameter, text: str, faults: list[str]) -> Any:
    try:
        value = _convert(parameter.type, text)
    except (ValueError, KeyError):
        faults.append(f"Parameter [{parameter.name}]: '{text}' is not of type {parameter.type}.")
        return None
    if parameter.allowed and value not in parameter.allowed:
        faults.append(
            f"Parameter [{parameter.name}]: '{text}' is not one of {list(parameter.allowed)}."
        )
    return value


def _convert(kind: str, text: str) -> Any:
    if kind == "Integer":
        return int(text)
    if kind == "Float":
        return float(text)
    if kind == "Boolean":
        return _BOOLEANS[text.lower()]
    return text
