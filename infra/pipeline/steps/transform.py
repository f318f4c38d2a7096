"""A step that has a model predict objects in S3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import StepProperty, Text
from infra.settings.instance_types import has_local_storage
from infra.settings.serving import BatchTransformSettings


@dataclass(frozen=True, kw_only=True)
class TransformFormat:
    """How objects become requests, and answers become objects.

    Attributes:
        data_processing: which columns go to the model, and what its answer is joined to.
    """

    content_type: str
    split_type: str
    accept: str
    assemble_with: str
    data_processing: Mapping[str, str] | None = None


RECORDS_OF_CSV = TransformFormat(
    content_type="text/csv",
    split_type="Line",
    accept="text/csv",
    assemble_with="Line",
    # The label comes first: the model gets the other columns, its answer follows them all.
    data_processing={"InputFilter": "$[1:]", "JoinSource": "Input"},
)

WHOLE_OBJECTS = TransformFormat(
    content_type="application/x-image",
    split_type="None",
    accept="application/json",
    assemble_with="None",
)


@dataclass(frozen=True, kw_only=True)
class TransformStep(Step):
    """Runs one batch transform job over everything under `input_uri`."""

    TYPE: ClassVar[str] = "Transform"

    model_name: Text
    input_uri: Text
    output_uri: Text
    kms_key_arn: Text
    compute: BatchTransformSettings
    format: TransformFormat

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateTransformJob request, without the name that the pipeline gives the job."""
        resources: dict[str, Any] = {
            "InstanceType": self.compute.instance_type,
            "InstanceCount": self.compute.instance_count,
        }
        if not has_local_storage(self.compute.instance_type):
            resources["VolumeKmsKeyId"] = self.kms_key_arn
        request: dict[str, Any] = {
            "ModelName": self.model_name,
            "MaxConcurrentTransforms": self.compute.max_concurrent_transforms,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": self.input_uri}},
                "ContentType": self.format.content_type,
                "CompressionType": "None",
                "SplitType": self.format.split_type,
            },
            "TransformOutput": {
                "S3OutputPath": self.output_uri,
                "Accept": self.format.accept,
                "AssembleWith": self.format.assemble_with,
                "KmsKeyId": self.kms_key_arn,
            },
            "TransformResources": resources,
        }
        if self.format.split_type == "Line":
            request["BatchStrategy"] = "MultiRecord"
        if self.format.data_processing:
            request["DataProcessing"] = dict(self.format.data_processing)
        return request

    @property
    def transform_output_uri(self) -> StepProperty:
        """The prefix that the answers are under."""
        return self.property("TransformOutput.S3OutputPath")
