"""What CreateTrainingJob refuses beyond the shapes: AWS's rules, and what is lacking here.

Rules without another source are those of the API reference of CreateTrainingJob and its types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException, raise_all, refusal
from local_cloud.sagemaker.runner import (
    builtin_algorithms,
    channels,
    images,
    metrics,
    objects,
    places,
    training,
)
from local_cloud.sagemaker.service import SageMakerService

_Part = Mapping[str, Any]


def check(service: SageMakerService, request: _Part) -> None:
    """Raises ValidationException that names every fault that can be told of the request alone."""
    raise_all([*_algorithm(service, request), *_resources(request), *_rest(request)])


def check_inputs(s3: Any, request: _Part) -> None:
    """Whether there is something to train on, for the role of the client ``s3``.

    Raises ValidationException in AWS's words.
    """
    for channel in request.get("InputDataConfig", []):
        place = places.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
        try:
            objects.check_any(s3, place)
        except objects.NoObjectsError as error:
            raise ValidationException(error.said_to(request["RoleArn"])) from error


def _algorithm(service: SageMakerService, request: _Part) -> Iterator[str]:
    algorithm = request["AlgorithmSpecification"]
    if "TrainingImage" not in algorithm:
        yield "AlgorithmSpecification has no TrainingImage."
        return
    yield from refusal(lambda: images.find(service.settings, algorithm["TrainingImage"]))
    own_metrics = algorithm.get("MetricDefinitions", [])
    builtin = builtin_algorithms.find(algorithm["TrainingImage"])
    if builtin and builtin.overridden_by(own_metrics):
        yield builtin_algorithms.OVERRIDDEN
    yield from refusal(lambda: metrics.definitions(own_metrics))
    modes = {channels.mode_of(one, algorithm) for one in request.get("InputDataConfig", [])}
    if builtin and "Pipe" in modes:
        yield "The local cloud's built-in algorithms read input modes File and FastFile only."
    if builtin and request.get("ResourceConfig", {}).get("InstanceCount", 1) > 1:
        yield (
            "The local cloud trains built-in algorithms on one instance only "
            "(ResourceConfig.InstanceCount)."
        )


def _resources(request: _Part) -> Iterator[str]:
    resources = request.get("ResourceConfig")
    if resources is None:
        yield "ResourceConfig is required: the local cloud has no serverless training jobs."
        return
    if "InstanceType" not in resources or resources.get("InstanceCount", 0) < 1:
        yield "ResourceConfig must have an InstanceType and an InstanceCount of at least 1."
    if request.get("EnableManagedSpotTraining") and resources.get("KeepAlivePeriodInSeconds"):
        yield (
            "KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining: managed "
            "spot training and warm pools exclude each other."
        )


def _rest(request: _Part) -> Iterator[str]:
    yield from refusal(lambda: places.parse(request["OutputDataConfig"]["S3OutputPath"]))
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    if len(names) != len(set(names)):
        yield "Channel names must be unique within the request."
    for channel in request.get("InputDataConfig", []):
        mode = channels.mode_of(channel, request["AlgorithmSpecification"])
        for fault in _channel(channel, mode):
            yield f"Channel {channel['ChannelName']}: {fault}"
    checkpoints = request.get("CheckpointConfig")
    if checkpoints is not None:
        path = checkpoints.get("LocalPath", training.CHECKPOINTS)
        yield from refusal(lambda: places.parse(checkpoints["S3Uri"]))
        yield from refusal(lambda: places.check_container_path(path, "/opt/ml", "CheckpointConfig"))
    yield from _spot(request)


def _channel(channel: _Part, mode: str) -> Iterator[str]:
    if channel["ChannelName"] in (".", ".."):
        yield f"{channel['ChannelName']!r} cannot be a channel's name."
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        yield "its DataSource has no S3DataSource."
        return
    yield from refusal(lambda: places.parse(source["S3Uri"]))
    if source["S3DataType"] == "AugmentedManifestFile":
        if mode != "Pipe":
            yield "AugmentedManifestFile can only be used if the Channel's input mode is Pipe."
        if not source.get("AttributeNames"):
            yield "AttributeNames is required for an AugmentedManifestFile."
    elif "AttributeNames" in source:
        yield "AttributeNames can only be used with S3DataType AugmentedManifestFile."
    if mode != "Pipe":
        for member in ("CompressionType", "RecordWrapperType"):
            if channel.get(member, "None") != "None":
                yield f"{member} {channel[member]} is used only in Pipe input mode, not in {mode}."


def _spot(request: _Part) -> Iterator[str]:
    stopping = request.get("StoppingCondition", {})
    wait = stopping.get("MaxWaitTimeInSeconds")
    if not request.get("EnableManagedSpotTraining"):
        if wait is not None:
            yield (
                "Invalid MaxWaitTimeInSeconds. It is only supported when "
                "EnableManagedSpotTraining is set to true"
            )
    elif wait is None or wait < stopping.get("MaxRuntimeInSeconds", training.DEFAULT_SECONDS):
        yield (
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )
