"""What AWS refuses in a CreateHyperParameterTuningJob request, and what this service lacks.

All faults of a request are reported in one ValidationException.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.errors import ValidationException
from local_cloud.sagemaker.runner import builtin_algorithms
from local_cloud.sagemaker.runner.builtin_algorithms import BuiltinAlgorithm
from local_cloud.sagemaker.tuner import ranges as api_ranges
from local_cloud.sagemaker.tuner.strategy import grid_size
from local_cloud.sagemaker.tuner.training_request import OBJECTIVE_KEY


def check(request: Mapping[str, Any]) -> None:
    """Raises ValidationException naming every fault."""
    faults = _lacking(request)
    if not faults:
        faults = [*_limits(request), *_ranges(request), *_objective(request), *_resources(request)]
    if faults:
        raise ValidationException(
            f"Tuning job '{request['HyperParameterTuningJobName']}' is refused: "
            + "; ".join(faults)
            + "."
        )


def _lacking(request: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    faults = []
    if "TrainingJobDefinitions" in request:
        faults.append(
            "the local cloud does not run several TrainingJobDefinitions: give one "
            "TrainingJobDefinition"
        )
    elif "TrainingJobDefinition" not in request:
        faults.append("TrainingJobDefinition is missing")
    if "WarmStartConfig" in request:
        faults.append("the local cloud does not warm start tuning jobs: leave WarmStartConfig out")
    if "Autotune" in request:
        faults.append("the local cloud has no Autotune: give ParameterRanges and leave it out")
    if config.get("ParameterRanges", {}).get("AutoParameters"):
        faults.append("the local cloud has no AutoParameters: give them as ranges")
    if config["Strategy"] == "Hyperband":
        faults.append(
            "the local cloud does not run the strategy Hyperband: take Bayesian, Random or Grid"
        )
    if config.get("TuningJobCompletionCriteria", {}).get("ConvergenceDetected"):
        faults.append(
            "the local cloud detects no convergence: take TargetObjectiveMetricValue or "
            "BestObjectiveNotImproving as completion criterion"
        )
    if config.get("HyperParameterTuningJobObjective") is None:
        faults.append("HyperParameterTuningJobObjective is missing")
    return faults


def _limits(request: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    parallel = limits["MaxParallelTrainingJobs"]
    most = limits.get("MaxNumberOfTrainingJobs")
    if most is None:
        if config["Strategy"] == "Grid":
            return []
        return ["ResourceLimits.MaxNumberOfTrainingJobs is missing"]
    if parallel > most:
        return [
            f"ResourceLimits.MaxParallelTrainingJobs {parallel} is above "
            f"MaxNumberOfTrainingJobs {most}"
        ]
    return []


def _ranges(request: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    ranges, faults = api_ranges.parse(config.get("ParameterRanges", {}))
    names = {one.name for one in ranges}
    static = request["TrainingJobDefinition"].get("StaticHyperParameters", {})
    if not ranges and not faults:
        faults.append("ParameterRanges holds no range")
    faults += [
        f"hyperparameter '{name}' is both static and tuned" for name in sorted(names & set(static))
    ]
    if OBJECTIVE_KEY in names | set(static):
        faults.append(f"hyperparameter '{OBJECTIVE_KEY}' is set by SageMaker itself")
    if config["Strategy"] == "Grid":
        faults += _grid(config, ranges)
    return faults


def _grid(config: Mapping[str, Any], ranges: list[api_ranges.Range]) -> list[str]:
    if any(not isinstance(one, api_ranges.CategoricalRange) for one in ranges):
        return ["the strategy Grid takes only categorical ranges"]
    size = grid_size(ranges)
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", size)
    if most != size:
        return [
            f"ResourceLimits.MaxNumberOfTrainingJobs is {most}, but the grid has {size} "
            "combinations: give that number or leave it out"
        ]
    return []


def _objective(request: Mapping[str, Any]) -> list[str]:
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    metric = objective["MetricName"]
    algorithm = request["TrainingJobDefinition"]["AlgorithmSpecification"]
    image = algorithm.get("TrainingImage", "")
    builtin = builtin_algorithms.find(image)
    if builtin:
        return _builtin_objective(builtin, algorithm, objective)
    defined = [one["Name"] for one in algorithm.get("MetricDefinitions", [])]
    if metric in defined:
        return []
    return [
        f"objective metric '{metric}' is not defined in "
        f"AlgorithmSpecification.MetricDefinitions, which has {defined or 'none'}"
    ]


def _builtin_objective(
    builtin: BuiltinAlgorithm, algorithm: Mapping[str, Any], objective: Mapping[str, Any]
) -> list[str]:
    """In AWS's words, followed by what there is to choose from."""
    metric, kind, image = objective["MetricName"], objective["Type"], algorithm["TrainingImage"]
    if algorithm.get("MetricDefinitions"):
        return [builtin_algorithms.OVERRIDDEN.rstrip(".")]
    if metric not in builtin.objectives:
        return [
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for "
            f"the [{image}] algorithm. Choose a valid objective metric: "
            f"{', '.join(builtin.objectives)}"
        ]
    if kind != builtin.objectives[metric]:
        return [
            f"The objective metric type, [{kind}], that you specified for objective metric, "
            f"[{metric}], isn't valid for the [{image}] algorithm. Choose a valid objective "
            f"metric type: {builtin.objectives[metric]}"
        ]
    return []


def _resources(request: Mapping[str, Any]) -> list[str]:
    definition = request["TrainingJobDefinition"]
    if "ResourceConfig" in definition or "HyperParameterTuningResourceConfig" in definition:
        return []
    return ["TrainingJobDefinition needs ResourceConfig or HyperParameterTuningResourceConfig"]
