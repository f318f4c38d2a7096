"""A pipeline definition (JSON schema version 2020-12-01), parsed and typed.

https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
The steps inside a Condition's branches are flattened into one list; each keeps the
branch that it stands in.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.pipeline import caching, conditions, forms, retries
from local_cloud.sagemaker.pipeline.caching import CacheConfig
from local_cloud.sagemaker.pipeline.parameters import Parameter, parse_parameters
from local_cloud.sagemaker.pipeline.retries import RetryPolicy

VERSION = "2020-12-01"
STEP_TYPES = (
    "Processing",
    "Training",
    "Tuning",
    "Condition",
    "RegisterModel",
    "Model",
    "Transform",
    "Lambda",
    "Callback",
    "Fail",
)
"""The step types that this interpreter runs."""

OTHER_AWS_STEP_TYPES = (
    "AutoML",
    "ClarifyCheck",
    "QualityCheck",
    "EMR",
    "EMRServerless",
    "MonitorBatchTransform",
    "NotebookJob",
    "EndpointConfig",
    "Endpoint",
    "InferenceComponent",
    "Lineage",
    "Job",
    "Cleanup",
    "ForEach",
)
OUTPUT_TYPES = ("String", "Integer", "Float", "Boolean")

_STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_WITHOUT_ARGUMENTS = ("Lambda", "Callback")
_DESTINATIONS = {"Lambda": "FunctionArn", "Callback": "SqsQueueUrl"}
"""Members beside Arguments that a step of the type must have."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A step inside ``IfSteps`` (taken: True) or ``ElseSteps`` (taken: False) of a condition."""

    condition: str
    taken: bool


@dataclass(frozen=True, kw_only=True)
class PropertyFile:
    """A JSON file that a Processing step leaves in the output ``output_name``."""

    name: str
    output_name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    type: str
    arguments: Mapping[str, Any]
    """The API request with pipeline variables; of a Condition only its ``Conditions``."""
    display_name: str | None = None
    description: str | None = None
    depends_on: tuple[str, ...] = ()
    branch: Branch | None = None
    property_files: Mapping[str, PropertyFile] = field(default_factory=dict)
    cache: CacheConfig | None = None
    retries: tuple[RetryPolicy, ...] = ()
    function_arn: Any = None
    queue_url: Any = None
    """Where a Callback step sends its message."""
    output_parameters: Mapping[str, str] = field(default_factory=dict)
    """Name -> type of what a Lambda step's function or the answer to a Callback step returns."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    parameters: Mapping[str, Parameter]
    steps: tuple[Step, ...]
    experiment: Mapping[str, Any] | None = None

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    @property
    def step_names(self) -> list[str]:
        return [step.name for step in self.steps]


def refuse(faults: list[str]) -> None:
    """Raises ValidationException with every fault; does nothing if there is none."""
    if faults:
        raise ValidationException("Unable to parse pipeline definition. " + " ".join(faults))


def parse(text: str) -> Definition:
    """The definition's own form; references are looked at by :mod:`checks`.

    Raises ValidationException with all faults.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValidationException(
            f"Unable to parse pipeline definition. Invalid JSON: {error}"
        ) from error
    if not isinstance(document, dict):
        raise ValidationException(
            "Unable to parse pipeline definition. Expecting start of Json Object."
        )
    faults: list[str] = []
    if document.get("Version") != VERSION:
        faults.append(
            f"Version '{document.get('Version')}' is not supported; the schema version is "
            f"'{VERSION}'."
        )
    parameters = parse_parameters(document.get("Parameters"), faults)
    steps = _steps(document.get("Steps"), None, faults)
    if not steps and not faults:
        faults.append("Steps must hold at least one step.")
    names = Counter(step.name for step in steps)
    faults += [f"Step name '{name}' is not unique." for name, count in names.items() if count > 1]
    experiment = document.get("PipelineExperimentConfig")
    if experiment is not None and not isinstance(experiment, Mapping):
        faults.append("PipelineExperimentConfig: Expecting start of Json Object.")
    refuse(faults)
    return Definition(
        parameters={parameter.name: parameter for parameter in parameters},
        steps=tuple(steps),
        experiment=experiment,
    )


def _steps(given: Any, branch: Branch | None, faults: list[str]) -> list[Step]:
    if not isinstance(given, list):
        faults.append("Steps: Expecting start of Json Array.")
        return []
    found: list[Step] = []
    for position, entry in enumerate(given):
        if not isinstance(entry, Mapping):
            faults.append(f"Steps[{position}]: Expecting start of Json Object.")
            continue
        step = _step(entry, branch, faults)
        if step is None:
            continue
        found.append(step)
        if step.type == "Condition":
            arguments = entry["Arguments"]
            for member, taken in (("IfSteps", True), ("ElseSteps", False)):
                inner = Branch(condition=step.name, taken=taken)
                found += _steps(arguments.get(member) or [], inner, faults)
    return found


def _step(given: Mapping[str, Any], branch: Branch | None, faults: list[str]) -> Step | None:
    name, kind = given.get("Name"), given.get("Type")
    if not isinstance(name, str) or not _STEP_NAME.fullmatch(name):
        faults.append(f"Step name {name!r} must match {_STEP_NAME.pattern}.")
        return None
    where = f"Step '{name}'"
    if kind not in STEP_TYPES:
        reason = (
            "is not supported by the local cloud"
            if kind in OTHER_AWS_STEP_TYPES
            else "is not a step type"
        )
        faults.append(f"{where}: type '{kind}' {reason}; allowed are {list(STEP_TYPES)}.")
        return None
    arguments = given.get("Arguments", {} if kind in _WITHOUT_ARGUMENTS else None)
    if not isinstance(arguments, Mapping):
        faults.append(f"{where}: Arguments: Expecting start of Json Object.")
        return None
    if kind == "Condition":
        arguments = _conditions(arguments, where, faults)
    faults += [
        f"{where}: {fault}"
        for fault in forms.variable_faults([arguments, *map(given.get, _DESTINATIONS.values())])
    ]
    needed = _DESTINATIONS.get(kind)
    if needed is not None and not given.get(needed):
        faults.append(f"{where}: {needed} is missing.")
    return Step(
        name=name,
        type=kind,
        arguments=arguments,
        display_name=given.get("DisplayName"),
        description=given.get("Description"),
        depends_on=forms.strings(given.get("DependsOn"), f"{where}: DependsOn", faults),
        branch=branch,
        property_files=_property_files(given.get("PropertyFiles"), where, faults),
        cache=caching.parse(given.get("CacheConfig"), step_type=kind, where=where, faults=faults),
        retries=retries.parse(given.get("RetryPolicies"), where=where, faults=faults),
        function_arn=given.get("FunctionArn"),
        queue_url=given.get("SqsQueueUrl"),
        output_parameters=_output_parameters(given.get("OutputParameters"), where, faults),
    )


def _conditions(arguments: Mapping[str, Any], where: str, faults: list[str]) -> Mapping[str, Any]:
    given = arguments.get("Conditions")
    if not isinstance(given, list) or not given:
        faults.append(f"{where}: Conditions must hold at least one condition.")
        return {"Conditions": []}
    for position, condition in enumerate(given):
        faults += conditions.faults_of(condition, where=f"{where}: Conditions[{position}]")
    return {"Conditions": given}


def _property_files(given: Any, where: str, faults: list[str]) -> dict[str, PropertyFile]:
    files: dict[str, PropertyFile] = {}
    for entry in forms.objects(given, f"{where}: PropertyFiles", faults):
        members = ("PropertyFileName", "OutputName", "FilePath")
        wrong = [m for m in members if not entry.get(m) or not isinstance(entry[m], str)]
        if wrong:
            faults.append(f"{where}: PropertyFiles entry lacks {', '.join(wrong)} (strings).")
            continue
        file_name = entry["PropertyFileName"]
        files[file_name] = PropertyFile(
            name=file_name, output_name=entry["OutputName"], path=entry["FilePath"]
        )
    return files


def _output_parameters(given: Any, where: str, faults: list[str]) -> dict[str, str]:
    outputs: dict[str, str] = {}
    for entry in forms.objects(given, f"{where}: OutputParameters", faults):
        name, kind = entry.get("OutputName"), entry.get("OutputType", "String")
        if not name or not isinstance(name, str) or kind not in OUTPUT_TYPES:
            faults.append(
                f"{where}: OutputParameters entry {dict(entry)} needs an OutputName and an "
                f"OutputType of {list(OUTPUT_TYPES)}."
            )
            continue
        outputs[name] = kind
    return outputs
