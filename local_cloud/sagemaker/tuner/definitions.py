"""The training definitions of a tuning job: one, or several that are searched side by side.

A job has either ``TrainingJobDefinition``, whose objective and ranges stand in
HyperParameterTuningJobConfig, or up to ten ``TrainingJobDefinitions``, each with a DefinitionName,
a TuningObjective and HyperParameterRanges of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.runner import builtin_algorithms
from local_cloud.sagemaker.tuner import ranges as api_ranges
from local_cloud.sagemaker.tuner.strategy import Direction

RANGE_LISTS = (
    "IntegerParameterRanges",
    "ContinuousParameterRanges",
    "CategoricalParameterRanges",
)
OBJECTIVE_KEY = "_tuning_objective_metric"
"""Hyperparameter that AWS adds to each training job: the objective metric's name."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """``request`` is the API's HyperParameterTrainingJobDefinition; ``name`` its DefinitionName."""

    name: str | None
    request: Mapping[str, Any]
    metric: str
    direction: Direction
    ranges: list[api_ranges.Range]


def listed(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The definitions of a request or a document, in the API's shape."""
    if "TrainingJobDefinitions" in request:
        return list(request["TrainingJobDefinitions"])
    return [request["TrainingJobDefinition"]] if "TrainingJobDefinition" in request else []


def objective(
    request: Mapping[str, Any], definition: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The definition's HyperParameterTuningJobObjective; None where the request has none."""
    config = request["HyperParameterTuningJobConfig"]
    found: Mapping[str, Any] | None = definition.get(
        "TuningObjective", config.get("HyperParameterTuningJobObjective")
    )
    return found


def parameter_ranges(
    request: Mapping[str, Any], definition: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The definition's ParameterRanges; empty where the request has none."""
    config = request["HyperParameterTuningJobConfig"]
    found: Mapping[str, Any] = definition.get(
        "HyperParameterRanges", config.get("ParameterRanges", {})
    )
    return found


def read(document: Mapping[str, Any]) -> list[Definition]:
    """The definitions of a tuning job that was accepted."""
    found = []
    for one in listed(document):
        target = objective(document, one)
        if target is None:
            raise ValueError("a tuning job without an objective")
        ranges, _ = api_ranges.parse(parameter_ranges(document, one))
        found.append(
            Definition(
                name=one.get("DefinitionName"),
                request=one,
                metric=target["MetricName"],
                direction=target["Type"],
                ranges=ranges,
            )
        )
    return found


def direction(document: Mapping[str, Any]) -> Direction:
    """Maximize or Minimize, which all definitions of a job share."""
    return read(document)[0].direction


def described_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A HyperParameterTuningJobConfig as AWS describes it, with what it takes by default."""
    return _with_all_lists({"TrainingJobEarlyStoppingType": "Off", **config}, "ParameterRanges")


def _with_all_lists(holder: Mapping[str, Any], member: str) -> dict[str, Any]:
    """The holder with no list missing from its ranges, if it has any."""
    if member not in holder:
        return dict(holder)
    empty: dict[str, list[Any]] = {key: [] for key in RANGE_LISTS}
    return {**holder, member: {**empty, **holder[member]}}


def described(request: Mapping[str, Any], definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition as AWS describes it: with the objective's name among the static
    hyperparameters, and with the metrics of a built-in algorithm."""
    target = objective(request, definition)
    metric = {} if target is None else {OBJECTIVE_KEY: target["MetricName"]}
    static = {**definition.get("StaticHyperParameters", {}), **metric}
    algorithm = definition["AlgorithmSpecification"]
    builtin = builtin_algorithms.find(algorithm.get("TrainingImage", ""))
    if builtin:
        algorithm = {**algorithm, "MetricDefinitions": list(builtin.metric_definitions)}
    return {
        **_with_all_lists(definition, "HyperParameterRanges"),
        "StaticHyperParameters": static,
        "AlgorithmSpecification": algorithm,
    }
