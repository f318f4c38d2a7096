"""Resolves what a pipeline definition refers to: parameters, execution variables, other steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.botocore_model import sagemaker_model
from infra.checks.placeholders import is_variable

EXECUTION_VARIABLES = (
    "CurrentDateTime",
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionId",
    "PipelineName",
    "ProcessingJobName",
    "StartDateTime",
    "TrainingJobName",
)

DESCRIBED_BY = {
    "Processing": ("DescribeProcessingJobResponse",),
    "Training": ("DescribeTrainingJobResponse",),
    "Tuning": (
        "DescribeHyperParameterTuningJobResponse",
        "ListTrainingJobsForHyperParameterTuningJobResponse",
    ),
    "Model": ("DescribeModelOutput",),
    "Transform": ("DescribeTransformJobResponse",),
    "RegisterModel": ("DescribeModelPackageOutput",),
}
"""Whose members ``Steps.<name>.…`` reads, by type of step."""

_STEP = re.compile(r"^Steps\.([A-Za-z0-9_-]+)\.(.+)$")
_PART = re.compile(r"\.?([A-Za-z][A-Za-z0-9]*)|\['([^']*)'\]|\[(\d+)\]")
_JSON_PATH = re.compile(r"^(\$\.?)?[A-Za-z0-9_-]+((\.[A-Za-z0-9_-]+)|(\[\d+\])|(\['[^']+'\]))*$")


@dataclass
class Scope:
    """What a step may refer to: the parameters, and the steps that come before it."""

    parameters: frozenset[str]
    steps: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()

    def with_step(self, step: dict[str, Any]) -> Scope:
        """The scope of what comes after `step`."""
        return Scope(self.parameters, {**self.steps, step["Name"]: step}, self.everywhere)

    def faults(self, value: Any, path: str) -> Iterator[tuple[str, str]]:
        """Path and problem of each reference in `value`, at any depth, that leads nowhere."""
        if is_variable(value):
            yield from self._variable_faults(value, path)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from self.faults(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self.faults(inner, f"{path}[{index}]")

    def _variable_faults(self, value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
        (kind, content), *_ = value.items()
        if kind == "Get":
            problem = self._get_problem(content)
            if problem:
                yield path, f"{{Get: {content}}} {problem}"
        elif kind == "Std:Join":
            values = content.get("Values") if isinstance(content, dict) else None
            if not isinstance(values, list) or not isinstance(content.get("On"), str):
                yield path, "Std:Join needs On, a text, and Values, a list"
            else:
                yield from self.faults(values, f"{path}.Std:Join")
        else:
            yield from self._json_get_faults(content, path)

    def _json_get_faults(self, content: Any, path: str) -> Iterator[tuple[str, str]]:
        file = content.get("PropertyFile") if isinstance(content, dict) else None
        reference = file.get("Get") if isinstance(file, dict) else None
        if not isinstance(reference, str):
            yield path, "Std:JsonGet needs a PropertyFile {Get: Steps.<step>.PropertyFiles.<name>}"
            return
        json_path = content.get("Path")
        if not isinstance(json_path, str) or not _JSON_PATH.match(json_path):
            yield path, f"Std:JsonGet has the path {json_path!r}, which is no JSON path"
        problem = self._property_file_problem(reference)
        if problem:
            yield path, f"{{Get: {reference}}} {problem}"

    def _get_problem(self, reference: Any) -> str | None:
        if not isinstance(reference, str):
            return "is no text"
        kind, _, rest = reference.partition(".")
        if kind == "Parameters":
            names = ", ".join(sorted(self.parameters)) or "no parameters"
            return None if rest in self.parameters else f"is not declared; there are {names}"
        if kind == "Execution":
            known = ", ".join(EXECUTION_VARIABLES)
            return None if rest in EXECUTION_VARIABLES else f"is none of {known}"
        match = _STEP.match(reference)
        if match is None:
            return "begins with none of Parameters., Execution. and Steps.<name>."
        return self._step_problem(match[1]) or _property_problem(self.steps[match[1]], match[2])

    def _step_problem(self, name: str) -> str | None:
        if name in self.steps:
            return None
        if name in self.everywhere:
            return f"refers to the step {name}, which does not come before this one"
        return f"refers to the step {name}, which does not exist"

    def _property_file_problem(self, reference: str) -> str | None:
        match = _STEP.match(reference)
        if match is None or not match[2].startswith("PropertyFiles."):
            return "is no property file: write Steps.<step>.PropertyFiles.<name>"
        problem = self._step_problem(match[1])
        if problem:
            return problem
        step = self.steps[match[1]]
        files = {file.get("PropertyFileName"): file for file in step.get("PropertyFiles", [])}
        name = match[2].removeprefix("PropertyFiles.")
        if name not in files:
            declared = ", ".join(map(str, files)) or "none"
            return f"is not declared in {match[1]}, which has {declared}"
        return None


def _property_problem(step: dict[str, Any], path: str) -> str | None:
    """Why `path` reads nothing from a finished step, or None."""
    kind = step.get("Type", "")
    if kind == "Lambda":
        declared = [output.get("OutputName") for output in step.get("OutputParameters", [])]
        if path in [f"OutputParameters['{name}']" for name in declared]:
            return None
        return f"is no output of the step; it has {', '.join(map(str, declared))}"
    if kind == "Condition":
        return None if path == "Outcome" else "is no property; a Condition has Outcome only"
    if kind not in DESCRIBED_BY:
        return f"refers to a {kind} step, which has no properties"
    if path.startswith("PropertyFiles."):
        return "reads a property file; use Std:JsonGet for its values"
    parts = _parts(path)
    if parts is None:
        return "is no path of names, ['names'] and [numbers]"
    shapes = [sagemaker_model().shape_for(name) for name in DESCRIBED_BY[kind]]
    problems = [_path_problem(shape, parts, step) for shape in shapes]
    return None if None in problems else problems[0]


def _parts(path: str) -> list[re.Match[str]] | None:
    parts, position = [], 0
    while position < len(path):
        match = _PART.match(path, position)
        if match is None:
            return None
        parts.append(match)
        position = match.end()
    return parts


def _path_problem(shape: Any, parts: list[re.Match[str]], step: dict[str, Any]) -> str | None:
    reached: list[str] = []
    for part in parts:
        member, key, index = part.groups()
        inner, problem = None, f"has no {part[0]} after {shape.name}"
        if member is not None and shape.type_name == "structure":
            inner = shape.members.get(member)
            problem = f"has no member {member} in {shape.name}"
        elif key is not None and shape.type_name == "map":
            inner = shape.value
        elif key is not None and shape.type_name == "list":
            inner, problem = _named_item(shape, reached, key, step)
        elif index is not None and shape.type_name == "list":
            inner = shape.member
        if inner is None:
            return problem
        shape = inner
        reached.append(member or key or index)
    if shape.type_name in ("structure", "list", "map"):
        return f"ends at the {shape.type_name} {shape.name}, not at a single value"
    return None


def _named_item(shape: Any, reached: list[str], key: str, step: dict[str, Any]) -> tuple[Any, str]:
    """Inputs and outputs of processing jobs are lists that a name chooses from."""
    lists = {
        ("ProcessingOutputConfig", "Outputs"): "OutputName",
        ("ProcessingInputs",): "InputName",
    }
    name_member = lists.get(tuple(reached))
    if name_member is None:
        return None, f"chooses from {shape.name} by a name; use a number"
    items: Any = step.get("Arguments", {})
    for part in reached:
        items = items.get(part, {})
    names = [item.get(name_member) for item in items]
    if key not in names:
        declared = ", ".join(map(str, names))
        return None, f"names {key!r}, which the step does not declare; it has {declared}"
    return shape.member, ""
