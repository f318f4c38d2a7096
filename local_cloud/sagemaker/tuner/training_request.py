"""The CreateTrainingJob request of one trial, from the tuning job's training definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.tuner.definitions import OBJECTIVE_KEY, Definition

_COPIED = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "RetryStrategy",
    "Environment",
)
_RESOURCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")


def training_request(
    name: str,
    definition: Mapping[str, Any],
    tuned: Mapping[str, str],
    *,
    objective_metric: str,
    tags: list[dict[str, str]],
) -> dict[str, Any]:
    """Every hyperparameter is a string; each trial has its own checkpoint prefix, because one
    trial must not go on from another one's checkpoint."""
    request: dict[str, Any] = {
        "TrainingJobName": name,
        "HyperParameters": {
            **definition.get("StaticHyperParameters", {}),
            **tuned,
            OBJECTIVE_KEY: objective_metric,
        },
        "AlgorithmSpecification": dict(definition["AlgorithmSpecification"]),
        "ResourceConfig": resource_config(definition),
        **{key: definition[key] for key in _COPIED if key in definition},
    }
    if "CheckpointConfig" in definition:
        checkpoints = dict(definition["CheckpointConfig"])
        checkpoints["S3Uri"] = f"{checkpoints['S3Uri'].rstrip('/')}/{name}"
        request["CheckpointConfig"] = checkpoints
    if tags:
        request["Tags"] = tags
    return request


def sample_request(definition: Definition) -> dict[str, Any]:
    """A training job of the definition, but for the hyperparameters that are tuned."""
    return training_request(
        "sample", definition.request, {}, objective_metric=definition.metric, tags=[]
    )


def resource_config(definition: Mapping[str, Any]) -> dict[str, Any]:
    """ResourceConfig, or what HyperParameterTuningResourceConfig says in its place: the first of
    its InstanceConfigs, because this machine never lacks capacity of the preferred one.

    AWS keeps the instances of a tuning job warm by itself and drops KeepAlivePeriodInSeconds.
    """
    if "ResourceConfig" in definition:
        given = definition["ResourceConfig"]
        return {key: given[key] for key in given if key != "KeepAlivePeriodInSeconds"}
    tuning = definition["HyperParameterTuningResourceConfig"]
    source = tuning["InstanceConfigs"][0] if tuning.get("InstanceConfigs") else tuning
    resources = {key: source[key] for key in _RESOURCES if key in source}
    if "VolumeKmsKeyId" in tuning:
        resources["VolumeKmsKeyId"] = tuning["VolumeKmsKeyId"]
    resources.setdefault("VolumeSizeInGB", 30)
    return resources
