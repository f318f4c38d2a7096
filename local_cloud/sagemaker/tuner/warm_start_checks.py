"""What AWS refuses of a warm start: the restrictions of its developer guide.

That a job of type IdenticalDataAndAlgorithm has its parents' data and image is the user's word:
AWS lets both members change, and the SageMaker SDK puts its code into a new place each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tuner import definitions, ranges, warm_start
from local_cloud.sagemaker.tuner.definitions import OBJECTIVE_KEY
from local_cloud.sagemaker.tuner.ranges import CategoricalRange, Range

MOST_CHANGES = 10
_TERMINAL = ("Completed", "Stopped", "Failed")
_MAY_CHANGE = (
    "AlgorithmSpecification",
    "InputDataConfig",
    "OutputDataConfig",
    "StaticHyperParameters",
    "RoleArn",
    "ResourceConfig",
    "StoppingCondition",
    "VpcConfig",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
)
_SEARCH_KEYS = ("DefinitionName", "TuningObjective", "HyperParameterRanges")
"""What a definition says of the search rather than of its training jobs."""


def faults(request: Mapping[str, Any], found: Mapping[str, Document | None]) -> list[str]:
    """``found`` has each parent's document by name, None where there is none. ``request`` has one
    whole definition."""
    names = warm_start.parents(request)
    if not names:
        return []
    told = []
    if len(set(names)) < len(names):
        told.append("ParentHyperParameterTuningJobs must not name a tuning job twice.")
    strategy = request["HyperParameterTuningJobConfig"]["Strategy"]
    if strategy not in ("Bayesian", "Random"):
        told.append(
            f"Warm start is available for the strategies Bayesian and Random, not for {strategy}."
        )
    for name in dict.fromkeys(names):
        told += _of_parent(request, name, found[name])
    return list(dict.fromkeys(told))


def _of_parent(request: Mapping[str, Any], name: str, parent: Document | None) -> list[str]:
    if parent is None:
        return [f"Amazon SageMaker can't find a tuning job called {name}. Type another name."]
    status = parent["HyperParameterTuningJobStatus"]
    told = []
    if status not in _TERMINAL:
        told.append(
            f"Parent tuning job [{name}] must be in a terminal state {list(_TERMINAL)}, it is in "
            f"status {status}."
        )
    if "TrainingJobDefinitions" in parent:
        return [
            *told,
            f"Parent tuning job [{name}] has several training job definitions: warm start is "
            "available only when tuning a single algorithm.",
        ]
    return [*told, *_differences(request, name, parent)]


def _differences(request: Mapping[str, Any], name: str, parent: Document) -> list[str]:
    (new,), (old,) = definitions.listed(request), definitions.listed(parent)
    told = []
    if definitions.objective(request, new) != definitions.objective(parent, old):
        told.append(
            "The objective metric of a warm start tuning job must be the same as the objective "
            f"metric of its parent tuning job [{name}]."
        )
    told += _hyperparameters(request, name, parent)
    if _fixed(new) != _fixed(old):
        listed = ", ".join(f"{key[0].lower()}{key[1:]}" for key in _MAY_CHANGE)
        told.append(
            f"Only the following fields in TrainingJobDefinition are allowed to change: [{listed}]."
        )
    return told


def _hyperparameters(request: Mapping[str, Any], name: str, parent: Document) -> list[str]:
    new, new_static = _space(request)
    old, old_static = _space(parent)
    told = []
    if new.keys() | new_static.keys() != old.keys() | old_static.keys():
        told.append(
            "The set of tunable plus static HyperParameter names is not the same across current "
            "and parent tuning jobs. Please ensure this set is constant when warm starting. Note "
            "that previously static HyperParameters can be tuned in warm start jobs and vice versa."
        )
    retyped = [
        key for key in sorted(new.keys() & old.keys()) if type(new[key]) is not type(old[key])
    ]
    if retyped:
        told.append(
            f"The type of hyperparameters {retyped} must not change between the parent tuning job "
            f"[{name}] and the new tuning job."
        )
    changes = sum(_changes(key, new_static[key], old, old_static) for key in new_static)
    if changes > MOST_CHANGES:
        told.append(
            "The number of changes from tunable to static hyperparameters plus the number of "
            f"changes in the values of static hyperparameters is [{changes}] relative to the "
            f"parent tuning job [{name}], it must not be more than {MOST_CHANGES}."
        )
    return told


def _space(job: Mapping[str, Any]) -> tuple[dict[str, Range], dict[str, str]]:
    (definition,) = definitions.listed(job)
    found, _ = ranges.parse(definitions.parameter_ranges(job, definition))
    static = definition.get("StaticHyperParameters", {})
    return (
        {one.name: one for one in found},
        {key: static[key] for key in static if key != OBJECTIVE_KEY},
    )


def _changes(key: str, value: str, old: Mapping[str, Range], old_static: Mapping[str, str]) -> int:
    """How much AWS counts a hyperparameter that is static now."""
    before = old.get(key)
    if before is not None:
        return len(before.values) if isinstance(before, CategoricalRange) else 1
    if old_static.get(key, value) == value:
        return 0
    return 1 if _is_number(value) else 2


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fixed(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What of a definition must not change; a member that is false or empty is none."""
    free = (*_MAY_CHANGE, *_SEARCH_KEYS)
    return {key: value for key, value in definition.items() if value and key not in free}
