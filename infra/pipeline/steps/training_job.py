"""What a training job and the trials of a tuning job have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from infra.pipeline.variables import Text
from infra.settings.compute import TrainingCompute
from infra.settings.instance_types import has_local_storage

CHECKPOINT_FOLDER = "/opt/ml/checkpoints"


class Channel(NamedTuple):
    """Input of a training job: everything under a prefix, and of what MIME type it is."""

    uri: Text
    content_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """A training job, but for its hyperparameters.

    Attributes:
        channels: by name; each lands in ``/opt/ml/input/data/<name>``.
        metrics: regular expression by name, searched in the job's log; none for a built-in
            algorithm, which has its own.
        output_uri: S3 prefix; the model lands in ``<prefix>/<job name>/output/model.tar.gz``.
        checkpoint_uri: S3 prefix that ``/opt/ml/checkpoints`` is kept at, or None for none.
    """

    image_uri: Text
    role_arn: Text
    kms_key_arn: Text
    compute: TrainingCompute
    channels: Mapping[str, Channel]
    metrics: Mapping[str, str]
    output_uri: Text
    checkpoint_uri: Text | None = None

    def request(self) -> dict[str, Any]:
        """The members that CreateTrainingJob and a tuning job's training definition share."""
        algorithm: dict[str, Any] = {
            "TrainingImage": self.image_uri,
            "TrainingInputMode": "File",
        }
        if self.metrics:
            algorithm["MetricDefinitions"] = [
                {"Name": name, "Regex": regex} for name, regex in self.metrics.items()
            ]
        request: dict[str, Any] = {
            "AlgorithmSpecification": algorithm,
            "RoleArn": self.role_arn,
            "InputDataConfig": [_channel(name, channel) for name, channel in self.channels.items()],
            "OutputDataConfig": {"S3OutputPath": self.output_uri, "KmsKeyId": self.kms_key_arn},
            "ResourceConfig": self._resources(),
            "StoppingCondition": self._stopping(),
            "EnableManagedSpotTraining": self.compute.spot,
            # The framework's toolkit downloads sagemaker_submit_directory from S3 itself, which
            # an isolated container cannot.
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": True,
        }
        if self.checkpoint_uri is not None:
            request["CheckpointConfig"] = {
                "S3Uri": self.checkpoint_uri,
                "LocalPath": CHECKPOINT_FOLDER,
            }
        return request

    def _resources(self) -> dict[str, Any]:
        resources: dict[str, Any] = {
            "InstanceType": self.compute.instance_type,
            "InstanceCount": self.compute.instance_count,
            "VolumeSizeInGB": self.compute.volume_gb,
        }
        if not has_local_storage(self.compute.instance_type):
            resources["VolumeKmsKeyId"] = self.kms_key_arn
        if self.compute.warm_pool_minutes:
            resources["KeepAlivePeriodInSeconds"] = self.compute.warm_pool_minutes * 60
        return resources

    def _stopping(self) -> dict[str, int]:
        stopping = {"MaxRuntimeInSeconds": self.compute.max_runtime_minutes * 60}
        if self.compute.max_wait_minutes is not None:
            stopping["MaxWaitTimeInSeconds"] = self.compute.max_wait_minutes * 60
        return stopping


def script_mode(*, program: str, code_uri: Text, region: str) -> dict[str, Text]:
    """Hyperparameters that tell AWS's framework containers which script to run.

    The toolkit decodes a hyperparameter as JSON and, where that fails, takes the text itself:
    https://github.com/aws/sagemaker-training-toolkit (``environment.read_hyperparameters``).
    Plain text is what pipeline variables and CDK tokens can fill in.
    """
    return {
        "sagemaker_program": program,
        "sagemaker_submit_directory": code_uri,
        "sagemaker_container_log_level": "20",
        "sagemaker_region": region,
    }


def _channel(name: str, channel: Channel) -> dict[str, Any]:
    request: dict[str, Any] = {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": channel.uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
    if channel.content_type is not None:
        request["ContentType"] = channel.content_type
    return request
