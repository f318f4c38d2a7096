"""What AWS refuses of the training definitions of a tuning job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.runner import builtin_algorithms
from local_cloud.sagemaker.runner.builtin_algorithms import BuiltinAlgorithm
from local_cloud.sagemaker.tuner import definitions, hyperband
from local_cloud.sagemaker.tuner import ranges as api_ranges
from local_cloud.sagemaker.tuner.definitions import OBJECTIVE_KEY

MOST_HYPERPARAMETERS = 100
"""Static and tuned ones, and the one that SageMaker adds."""
_INSTANCE_MEMBERS = ("InstanceType", "InstanceCount", "VolumeSizeInGB")


def faults(request: Mapping[str, Any]) -> list[str]:
    """Of every definition; with its name where there are several."""
    listed = definitions.listed(request)
    found = []
    for one in listed:
        of_one = [
            *_ranges(request, one),
            *_objective(request, one),
            *_resources(one),
            *_hyperband(request, one),
        ]
        name = one.get("DefinitionName")
        found += of_one if name is None else [f"Definition [{name}]: {fault}" for fault in of_one]
    return found


def _ranges(request: Mapping[str, Any], definition: Mapping[str, Any]) -> list[str]:
    ranges, found = api_ranges.parse(definitions.parameter_ranges(request, definition))
    names = {one.name for one in ranges}
    static = definition.get("StaticHyperParameters", {})
    if not ranges and not found:
        found.append("At least one hyperparameter range is required.")
    found += [
        f"Hyperparameter [{name}] is both static and tuned." for name in sorted(names & set(static))
    ]
    target = definitions.objective(request, definition)
    metric = None if target is None else target["MetricName"]
    if OBJECTIVE_KEY in names or static.get(OBJECTIVE_KEY, metric) != metric:
        found.append(f"Hyperparameter [{OBJECTIVE_KEY}] is set by SageMaker itself.")
    if len(names | set(static) | {OBJECTIVE_KEY}) > MOST_HYPERPARAMETERS:
        found.append(
            f"At most {MOST_HYPERPARAMETERS} hyperparameters are allowed in total, static and "
            f"tuned ones and [{OBJECTIVE_KEY}], which SageMaker adds."
        )
    return found


def _objective(request: Mapping[str, Any], definition: Mapping[str, Any]) -> list[str]:
    objective = definitions.objective(request, definition)
    if objective is None:
        return []
    algorithm = definition["AlgorithmSpecification"]
    builtin = builtin_algorithms.find(algorithm.get("TrainingImage", ""))
    if builtin:
        return _builtin_objective(builtin, algorithm, objective)
    defined = [one["Name"] for one in algorithm.get("MetricDefinitions", [])]
    if objective["MetricName"] in defined:
        return []
    return [
        "A metric is required for this hyperparameter tuning job objective. Provide a metric in "
        f"the metric definitions. ([{objective['MetricName']}] is none of {defined}.)"
    ]


def _builtin_objective(
    builtin: BuiltinAlgorithm, algorithm: Mapping[str, Any], objective: Mapping[str, Any]
) -> list[str]:
    """In AWS's words, followed by what there is to choose from."""
    metric, kind, image = objective["MetricName"], objective["Type"], algorithm["TrainingImage"]
    if builtin.overridden_by(algorithm.get("MetricDefinitions", [])):
        return [builtin_algorithms.OVERRIDDEN]
    if metric not in builtin.objectives:
        return [
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for "
            f"the [{image}] algorithm. Choose a valid objective metric: "
            f"{', '.join(builtin.objectives)}."
        ]
    if kind != builtin.objectives[metric]:
        return [
            f"The objective metric type, [{kind}], that you specified for objective metric, "
            f"[{metric}], isn't valid for the [{image}] algorithm. Choose a valid objective "
            f"metric type: {builtin.objectives[metric]}."
        ]
    return []


def _resources(definition: Mapping[str, Any]) -> list[str]:
    tuning = definition.get("HyperParameterTuningResourceConfig")
    if ("ResourceConfig" in definition) == (tuning is not None):
        return ["Specify either ResourceConfig or HyperParameterTuningResourceConfig."]
    if tuning is None:
        return []
    single = [member for member in _INSTANCE_MEMBERS if member in tuning]
    if "InstanceConfigs" in tuning:
        if not single:
            return []
        return [
            "If you use InstanceConfigs of HyperParameterTuningResourceConfig, do not provide "
            f"values for InstanceType, VolumeSizeInGB or InstanceCount; {single} given."
        ]
    if len(single) < len(_INSTANCE_MEMBERS):
        return [
            "HyperParameterTuningResourceConfig needs InstanceConfigs, or all of InstanceType, "
            "InstanceCount and VolumeSizeInGB."
        ]
    return []


def _hyperband(request: Mapping[str, Any], definition: Mapping[str, Any]) -> list[str]:
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] != "Hyperband":
        return []
    return hyperband.resource(config, definition)[1]
