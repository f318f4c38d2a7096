"""SelectiveExecutionConfig: some steps of a pipeline run, what they need comes from an execution
before.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-selective-ex.html
Steps downstream of the selected ones do not run. Parameters are those of the start: AWS takes
none over from the source execution either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.pipeline import graph
from local_cloud.sagemaker.pipeline.definition import Definition
from local_cloud.sagemaker.pipeline.steps import callback

_SOURCE_STATUSES = ("Succeeded", "Failed", "Stopped")
"""AWS's SDK names all three, the API reference the first two."""
_NOT_REUSED = ("CacheKey", "JobName", "RerunAfterRestart", *callback.RECORD_KEYS)


def selected(config: Mapping[str, Any] | None) -> set[str] | None:
    """The names of the steps to run; None where all are."""
    return None if config is None else {step["StepName"] for step in config["SelectedSteps"]}


def reused(
    definition: Definition, config: Mapping[str, Any], source: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """The records of the steps that the selected ones need, out of the source execution.

    Raises ValidationException with all that keeps the selected steps from running.
    """
    names = selected(config) or set()
    unknown = sorted(names - set(definition.step_names))
    if unknown:
        raise ValidationException(
            f"SelectedSteps {unknown} are not in the pipeline; its steps are "
            f"{definition.step_names}."
        )
    dependencies = {step.name: graph.dependencies(step) for step in definition.steps}
    needed = sorted({name for chosen in names for name in dependencies[chosen]} - names)
    faults = [*_gaps(dependencies, names), *_source_faults(source, needed)]
    if source is not None and not faults:
        faults += _branch_faults(definition, names, source)
    if faults:
        raise ValidationException("Invalid SelectiveExecutionConfig. " + " ".join(faults))
    return {name: _reusable(source, name) for name in needed} if source is not None else {}


def _reusable(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    record = {k: v for k, v in source["_steps"][name].items() if k not in _NOT_REUSED}
    arn = source["PipelineExecutionArn"]
    return {**record, "SelectiveExecutionResult": {"SourcePipelineExecutionArn": arn}}


def _gaps(dependencies: Mapping[str, set[str]], names: set[str]) -> list[str]:
    """Steps that lie between selected ones without being selected, and selected steps that
    nothing connects."""
    below = {name: _reached(name, _turned(dependencies)) for name in dependencies}
    above = {name: _reached(name, dependencies) for name in dependencies}
    others = dependencies.keys() - names
    between = sorted(name for name in others if below[name] & names and above[name] & names)
    if between:
        return [
            "All steps in all paths between two selected steps must be selected; missing are "
            f"{', '.join(between)}."
        ]
    inside = {name: (dependencies[name] | _turned(dependencies)[name]) & names for name in names}
    first = min(names)
    apart = sorted(names - _reached(first, inside) - {first})
    if apart:
        return [f"Selected steps must be connected; {first} is not connected with {apart}."]
    return []


def _turned(dependencies: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Step -> the steps that depend on it."""
    return {
        name: {other for other, needs in dependencies.items() if name in needs}
        for name in dependencies
    }


def _reached(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """The steps that edges lead to from ``start``, without itself."""
    found: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in found and name != start:
            found.add(name)
            waiting += edges[name]
    return found


def _source_faults(source: Mapping[str, Any] | None, needed: list[str]) -> list[str]:
    if source is None:
        if not needed:
            return []
        return [
            "SourcePipelineExecutionArn is required: the selected steps depend on "
            f"{', '.join(needed)}."
        ]
    status = source["PipelineExecutionStatus"]
    faults = []
    if status not in _SOURCE_STATUSES:
        faults.append(
            f"The source execution is {status}; it must be {' or '.join(_SOURCE_STATUSES)}."
        )
    lacking = [
        name for name in needed if source["_steps"].get(name, {}).get("Status") != "Succeeded"
    ]
    if lacking:
        faults.append(
            f"The selected steps depend on {', '.join(lacking)}, which did not succeed in the "
            "source execution."
        )
    return faults


def _branch_faults(definition: Definition, names: set[str], source: Mapping[str, Any]) -> list[str]:
    """Selected steps in a branch that the source's condition did not take would never begin."""
    faults = []
    for name in sorted(names):
        branch = definition.step(name).branch
        if branch is None or branch.condition in names:
            continue
        if source["_steps"][branch.condition].get("Outcome") is not branch.taken:
            faults.append(
                f"Step {name} is in a branch of {branch.condition} that the source execution did "
                f"not take; select {branch.condition} too."
            )
    return faults
