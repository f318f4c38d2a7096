"""Warm start: what a tuning job takes from up to five earlier ones.

Contract: "Run a Warm Start Hyperparameter Tuning Job" in the SageMaker developer guide. What is
taken over is kept in the new job's document, so that it outlives its parents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_cloud.sagemaker.store import Document, Store
from local_cloud.sagemaker.tuner import definitions, trials

KEPT = ("_prior", "_parent_best")
"""Keys of the new job's document: what the optimiser learns, the best summary of the parents."""


def same_data(document: Mapping[str, Any]) -> bool:
    """Whether the parents' objectives are those of this very job."""
    kind = document.get("WarmStartConfig", {}).get("WarmStartType")
    return bool(kind == "IdenticalDataAndAlgorithm")


def parents(request: Mapping[str, Any]) -> list[str]:
    """The names of the parents, in the order of the request."""
    listed = request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", [])
    return [one["HyperParameterTuningJobName"] for one in listed]


def inherit(store: Store, request: Mapping[str, Any], earlier: Sequence[Document]) -> Document:
    """What the new job's document keeps of its parents; nothing of a job that has none."""
    if not earlier:
        return {}
    names = [one.name for one in definitions.read(request)[0].ranges]
    prior = [
        {"values": {name: values[name] for name in names}, "objective": trial["objective"]}
        for parent in earlier
        for trial in parent["_trials"]
        if trial["objective"] is not None
        for values in [_values(parent, trial)]
        if values.keys() >= set(names)
    ]
    best = _best_of_parents(store, request, earlier)
    return {"_prior": prior} if best is None else {"_prior": prior, "_parent_best": best}


def overall_best(
    store: Store, document: Document, best: trials.Trial | None
) -> dict[str, Any] | None:
    """OverallBestTrainingJob: of this job and its parents, where they saw the same data."""
    if not same_data(document):
        return None
    older: dict[str, Any] | None = document.get("_parent_best")
    if best is None or best["objective"] is None:
        return older
    sign = 1.0 if definitions.direction(document) == "Maximize" else -1.0
    if older is not None and sign * _value(older) >= sign * best["objective"]:
        return older
    return _summary(store, document, best)


def _best_of_parents(
    store: Store, request: Mapping[str, Any], earlier: Sequence[Document]
) -> dict[str, Any] | None:
    direction = definitions.direction(request)
    found = [
        _summary(store, parent, best)
        for parent in earlier
        if (best := trials.best(parent["_trials"], direction)) is not None
    ]
    if not found:
        return None
    return max(found, key=_value) if direction == "Maximize" else min(found, key=_value)


def _summary(store: Store, document: Document, trial: trials.Trial) -> dict[str, Any]:
    name = document["HyperParameterTuningJobName"]
    return {**trials.summary(store, document, trial), "TuningJobName": name}


def _value(summary: Mapping[str, Any]) -> float:
    return float(summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def _values(parent: Document, trial: trials.Trial) -> dict[str, str]:
    """All hyperparameters of a parent's trial."""
    definition = definitions.listed(parent)[trial.get("definition", 0)]
    return {**definition.get("StaticHyperParameters", {}), **trial["tuned"]}
