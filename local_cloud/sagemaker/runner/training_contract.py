"""The files below /opt/ml/input/config by which a training container knows its job.

"How Amazon SageMaker AI Provides Training Information" in the SageMaker developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.runner import channels
from local_cloud.sagemaker.runner.hosts import Host


def write_config(host: Host, request: Mapping[str, Any]) -> None:
    """Write what the CreateTrainingJob request says, as the host sees it."""
    workspace = host.workspace
    algorithm = request["AlgorithmSpecification"]
    described = {
        one["ChannelName"]: _channel(one, channels.mode_of(one, algorithm))
        for one in request.get("InputDataConfig", [])
    }
    for name, content in (
        ("inputdataconfig", described),
        ("hyperparameters", request.get("HyperParameters", {})),
        ("resourceconfig", _resources(host, request)),
    ):
        workspace.write_config(f"input/config/{name}.json", content)
    if "CheckpointConfig" in request:
        workspace.write_config("input/config/checkpointconfig.json", request["CheckpointConfig"])


def _channel(channel: Mapping[str, Any], mode: str) -> dict[str, str]:
    source = channel["DataSource"]["S3DataSource"]
    described = {
        "TrainingInputMode": mode,
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    for member in ("ContentType", "CompressionType"):
        if member in channel:
            described[member] = channel[member]
    return described


def _resources(host: Host, request: Mapping[str, Any]) -> dict[str, Any]:
    instance_type = request["ResourceConfig"].get("InstanceType", "ml.m5.large")
    group = {"instance_group_name": "homogeneousCluster", "hosts": list(host.names)}
    return {
        "current_host": host.name,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": list(host.names),
        "instance_groups": [{**group, "instance_type": instance_type}],
        "network_interface_name": "lo",
    }
