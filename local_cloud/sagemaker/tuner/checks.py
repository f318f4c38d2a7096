"""What AWS refuses in a CreateHyperParameterTuningJob request.

All faults of a request are reported in one ValidationException, as sentences: AWS's own where
they are known, else sentences that say what its documentation says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.store import Store
from local_cloud.sagemaker.tuner import (
    definition_checks,
    definitions,
    warm_start,
    warm_start_checks,
)
from local_cloud.sagemaker.tuner import ranges as api_ranges
from local_cloud.sagemaker.tuner.strategy import combinations, grid_size

KIND = "hyper-parameter-tuning-job"


def check(store: Store, request: Mapping[str, Any]) -> None:
    """Raises ValidationException naming every fault."""
    # Further checks need whole definitions to look at.
    faults = _structure(request)
    if not faults:
        faults = [
            *_limits(request),
            *_strategy(request),
            *definition_checks.faults(request),
            *warm_start_checks.faults(
                request, {name: store.find(KIND, name) for name in warm_start.parents(request)}
            ),
        ]
    if faults:
        raise ValidationException(" ".join(faults))


def _structure(request: Mapping[str, Any]) -> list[str]:
    """Whether there is one definition, or several that are whole."""
    if "TrainingJobDefinition" in request and "TrainingJobDefinitions" in request:
        return [
            "Specify either TrainingJobDefinition, to tune a single algorithm, or "
            "TrainingJobDefinitions, but not both."
        ]
    if "TrainingJobDefinitions" in request:
        return _several(request)
    if "TrainingJobDefinition" not in request:
        return ["Either TrainingJobDefinition or TrainingJobDefinitions is required."]
    config, definition = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
    faults = [
        f"Specify either {there} of HyperParameterTuningJobConfig or {here} of "
        "TrainingJobDefinition, but not both."
        for there, here in _SEARCH_MEMBERS
        if there in config and here in definition
    ]
    if definitions.objective(request, definition) is None:
        faults.append("HyperParameterTuningJobObjective is required.")
    return faults


_SEARCH_MEMBERS = (
    ("HyperParameterTuningJobObjective", "TuningObjective"),
    ("ParameterRanges", "HyperParameterRanges"),
)


def _several(request: Mapping[str, Any]) -> list[str]:
    config, listed = request["HyperParameterTuningJobConfig"], definitions.listed(request)
    faults = [
        f"With TrainingJobDefinitions, each needs its {here}: leave {there} of "
        "HyperParameterTuningJobConfig out."
        for there, here in _SEARCH_MEMBERS
        if there in config
    ]
    for member in ("DefinitionName", "TuningObjective", "HyperParameterRanges"):
        places = [place for place, one in enumerate(listed, 1) if member not in one]
        if places:
            faults.append(f"{member} is required in TrainingJobDefinitions; missing in {places}.")
    names = [one["DefinitionName"] for one in listed if "DefinitionName" in one]
    if len(set(names)) < len(names):
        faults.append("DefinitionName must be unique among the TrainingJobDefinitions.")
    if len({one["TuningObjective"]["Type"] for one in listed if "TuningObjective" in one}) > 1:
        faults.append(
            "The TuningObjective of all TrainingJobDefinitions must have the same Type, because "
            "the best training job is chosen among all."
        )
    if config.get("TrainingJobEarlyStoppingType", "Off") == "Auto":
        faults.append(
            "TrainingJobEarlyStoppingType Auto is available only when tuning a single algorithm."
        )
    if "WarmStartConfig" in request:
        faults.append("WarmStartConfig is available only when tuning a single algorithm.")
    return faults


def _limits(request: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    parallel, most = limits["MaxParallelTrainingJobs"], limits.get("MaxNumberOfTrainingJobs")
    if most is None:
        if config["Strategy"] == "Grid":
            return []
        return [f"MaxNumberOfTrainingJobs is required for the strategy {config['Strategy']}."]
    faults = []
    if parallel > most:
        faults.append(
            f"MaxParallelTrainingJobs [{parallel}] must be less than or equal to "
            f"MaxNumberOfTrainingJobs [{most}]."
        )
    if config["Strategy"] != "Grid":
        faults += _enough_combinations(request, most)
    return faults


def _enough_combinations(request: Mapping[str, Any], most: int) -> list[str]:
    spaces = [
        api_ranges.parse(definitions.parameter_ranges(request, one))
        for one in definitions.listed(request)
    ]
    total = sum(combinations(space) for space, _ in spaces)
    if total >= most or any(not space or faults for space, faults in spaces):
        return []
    return [
        "You don't have enough combinations of hyperparameter ranges. The total number of "
        f"hyperparameter combinations for the provided ranges [{total:.1f}] must be equal or "
        f"greater than the value of MaxNumberOfJobs, [{most}]. Provide additional ranges."
    ]


def _strategy(request: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    strategy = config["Strategy"]
    faults = []
    if "HyperbandStrategyConfig" in config.get("StrategyConfig", {}) and strategy != "Hyperband":
        faults.append(
            f"HyperbandStrategyConfig is only supported for the strategy Hyperband, not for "
            f"{strategy}."
        )
    if strategy == "Hyperband" and config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        faults.append(
            "Because the Hyperband strategy has its own advanced internal early stopping "
            "mechanism, TrainingJobEarlyStoppingType must be OFF to use Hyperband."
        )
    if strategy == "Grid":
        faults += _grid(request)
    return faults


def _grid(request: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    spaces = [
        api_ranges.parse(definitions.parameter_ranges(request, one))[0]
        for one in definitions.listed(request)
    ]
    if any(not isinstance(one, api_ranges.CategoricalRange) for space in spaces for one in space):
        return ["Only categorical parameters are supported when using the grid search strategy."]
    size = sum(grid_size(space) for space in spaces)
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", size)
    if most != size:
        return [
            f"MaxNumberOfTrainingJobs [{most}] should equal the total number of distinct "
            f"categorical combinations possible [{size}]; it can be left out."
        ]
    return []
