"""What is asked of SageMaker for a group of units: which objects, and CreateTransformJob."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts import names
from contracts.batch_run import COMPLETE, OUTPUT, BatchManifest
from contracts.serving import Batch
from lambdas.serving.progress import Job, Unit

PIECES = "pieces/"
PIECES_OUTPUT = "pieces-output/"
JOBS = "jobs/"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Keys of what belongs to a run."""

    manifest: BatchManifest

    @property
    def folder(self) -> str:
        return names.batch_run_prefix(self.manifest.workload, self.manifest.run)

    @property
    def output(self) -> str:
        """Folder of the answers."""
        return f"{self.folder}{OUTPUT}"

    def name(self, unit: Unit) -> str:
        """What names a unit's object in the folder that its group has in common."""
        if unit.is_piece:
            return f"{unit.input}/{unit.first}-{unit.last}"
        return self.manifest.inputs[unit.input].key.removeprefix(self.manifest.prefix)

    def source(self, unit: Unit) -> str:
        """Key of what is asked."""
        return f"{self._source_folder(unit)}{self.name(unit)}"

    def answer(self, unit: Unit) -> str:
        """Key of what SageMaker answers."""
        return f"{self._answer_folder(unit)}{self.name(unit)}{COMPLETE}"

    def result(self, index: int, ending: str) -> str:
        """Key of the answers to an input whose pieces were asked."""
        return f"{self.output}{self.name(Unit(input=index))}{ending}"

    def job_manifest(self, number: int) -> str:
        """Key of SageMaker's manifest of a job."""
        return f"{self.folder}{JOBS}{number}.manifest"

    def sagemaker_manifest(self, units: Sequence[Unit]) -> bytes:
        """SageMaker's own form: the prefix, then names below it."""
        prefix = f"s3://{self.manifest.bucket}/{self._source_folder(units[0])}"
        listed = [{"prefix": prefix}, *map(self.name, units)]
        return json.dumps(listed, ensure_ascii=False).encode()

    def answer_uri(self, units: Sequence[Unit]) -> str:
        """Where the job of a group writes."""
        return f"s3://{self.manifest.bucket}/{self._answer_folder(units[0])}"

    def _source_folder(self, unit: Unit) -> str:
        return f"{self.folder}{PIECES}" if unit.is_piece else self.manifest.prefix

    def _answer_folder(self, unit: Unit) -> str:
        return f"{self.folder}{PIECES_OUTPUT}" if unit.is_piece else self.output


@dataclass(frozen=True, kw_only=True)
class TransformSettings:
    """Attributes:
    content_type: of the inputs.
    accept: of the answers.
    key_arn: encrypts the answers.
    volume_key_arn: encrypts the volumes; empty for instance types with storage of their own.
    """

    environment: str
    batch: Batch
    content_type: str
    accept: str
    key_arn: str
    volume_key_arn: str


def transform_request(job: Job, places: Places, settings: TransformSettings) -> dict[str, Any]:
    """CreateTransformJob; the same for the same job."""
    batch, manifest = settings.batch, places.manifest
    by_line = batch.split == "line"
    resources: dict[str, Any] = {
        "InstanceType": batch.instance_type,
        "InstanceCount": batch.instance_count,
    }
    if settings.volume_key_arn:
        resources["VolumeKmsKeyId"] = settings.volume_key_arn
    return {
        "TransformJobName": names.batch_job_name(
            settings.environment, manifest.workload, manifest.run, job.number
        ),
        "ModelName": manifest.model,
        "BatchStrategy": "MultiRecord" if by_line else "SingleRecord",
        "MaxPayloadInMB": batch.max_payload_mb,
        "MaxConcurrentTransforms": batch.max_concurrent_transforms,
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "ManifestFile",
                    "S3Uri": f"s3://{manifest.bucket}/{places.job_manifest(job.number)}",
                }
            },
            "ContentType": settings.content_type,
            "SplitType": "Line" if by_line else "None",
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": places.answer_uri(job.units),
            "Accept": settings.accept,
            "AssembleWith": "Line" if by_line else "None",
            "KmsKeyId": settings.key_arn,
        },
        "TransformResources": resources,
    }
