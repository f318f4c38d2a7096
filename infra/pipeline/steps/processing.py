"""A step that runs a module of Python in a processing job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import JsonGet, StepProperty, Text
from infra.settings.instance_types import has_local_storage

INPUT_FOLDER = "/opt/ml/processing/input"
OUTPUT_FOLDER = "/opt/ml/processing/output"
CODE_FOLDER = "/opt/ml/processing/code"

CODE_INPUT = "code"

_RUN_MODULE = (
    f"mkdir -p {CODE_FOLDER}"
    f" && tar -xzf {INPUT_FOLDER}/{CODE_INPUT}/*.gz -C {CODE_FOLDER}"
    f" && cd {CODE_FOLDER}"
    ' && exec python3 -m "$0" "$@"'
)
"""Processing jobs do not unpack archives. The module's name is $0 and the job's
ContainerArguments are $@, so no argument passes through the shell's quoting."""


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among a step's outputs that later steps read values from."""

    name: str
    output_name: str
    path: str

    def to_request(self) -> dict[str, str]:
        """The declaration in the step."""
        return {
            "PropertyFileName": self.name,
            "OutputName": self.output_name,
            "FilePath": self.path,
        }


@dataclass(frozen=True, kw_only=True)
class ProcessingStep(Step):
    """Runs a module of the code archive, as `python3 -m` does, on one instance or several.

    Attributes:
        inputs: S3 URI by name; each lands in ``/opt/ml/processing/input/<name>``.
        outputs: S3 URI by name; each is taken from ``/opt/ml/processing/output/<name>`` when
            the job ends.
        arguments_of_module: names with two dashes, and values, as the module parses them.
    """

    TYPE: ClassVar[str] = "Processing"

    module: str
    code_uri: Text
    image_uri: Text
    role_arn: Text
    kms_key_arn: Text
    instance_type: str
    instance_count: int = 1
    volume_gb: int
    max_runtime_seconds: int
    inputs: Mapping[str, Text]
    outputs: Mapping[str, Text]
    arguments_of_module: Mapping[str, Text] = field(default_factory=dict)
    environment: Mapping[str, Text] = field(default_factory=dict)
    property_files: tuple[PropertyFile, ...] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateProcessingJob request, without the name that the pipeline gives the job."""
        cluster: dict[str, Any] = {
            "InstanceType": self.instance_type,
            "InstanceCount": self.instance_count,
            "VolumeSizeInGB": self.volume_gb,
        }
        if not has_local_storage(self.instance_type):
            cluster["VolumeKmsKeyId"] = self.kms_key_arn
        request: dict[str, Any] = {
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {
                "ImageUri": self.image_uri,
                "ContainerEntrypoint": ["bash", "-c", _RUN_MODULE, self.module],
            },
            "RoleArn": self.role_arn,
            "ProcessingInputs": [
                _input(name, uri)
                for name, uri in {**self.inputs, CODE_INPUT: self.code_uri}.items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [_output(name, uri) for name, uri in self.outputs.items()],
                "KmsKeyId": self.kms_key_arn,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_runtime_seconds},
            "NetworkConfig": {
                # The module reads the uploaded objects from S3 itself.
                "EnableNetworkIsolation": False,
                "EnableInterContainerTrafficEncryption": True,
            },
        }
        if self.arguments_of_module:
            request["AppSpecification"]["ContainerArguments"] = [
                word for pair in self.arguments_of_module.items() for word in pair
            ]
        if self.environment:
            request["Environment"] = dict(self.environment)
        return request

    def output_uri(self, name: str) -> StepProperty:
        """Where the output `name` of this step's job is."""
        if name not in self.outputs:
            raise KeyError(f"step {self.name} has no output {name}, but {list(self.outputs)}")
        return self.property(f"ProcessingOutputConfig.Outputs['{name}'].S3Output.S3Uri")

    def json_get(self, property_file: PropertyFile, json_path: str) -> JsonGet:
        """A value in one of this step's property files."""
        return JsonGet(self.name, property_file.name, json_path)

    def to_request(self) -> dict[str, Any]:
        request = super().to_request()
        if self.property_files:
            request["PropertyFiles"] = [file.to_request() for file in self.property_files]
        return request


def _input(name: str, uri: Text) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{INPUT_FOLDER}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _output(name: str, uri: Text) -> dict[str, Any]:
    return {
        "OutputName": name,
        "S3Output": {
            "S3Uri": uri,
            "LocalPath": f"{OUTPUT_FOLDER}/{name}",
            "S3UploadMode": "EndOfJob",
        },
    }
