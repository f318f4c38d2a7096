"""Model packages for the drills, as the training pipeline registers them but without training."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass

from contracts import names
from contracts.evaluation_report import ClassScores, EvaluationReport, Metric, SampleAnswer
from contracts.samples import CSV, INDEX, Sample, Samples
from demo.cloud import Cloud
from infra.pipeline.workload_images import aws_images
from infra.settings.workload import WorkloadSettings
from tests.deployment_drill.rows import CLASSES, ROWS


@dataclass(frozen=True)
class Package:
    """A registered model package.

    Attributes:
        behaviour: of its server: right, wrong, errors, slow or never healthy.
    """

    arn: str
    behaviour: str

    @property
    def version(self) -> str:
        return self.arn.rpartition("/")[2]


class Registry:
    """Registers packages of one workload and approves them."""

    def __init__(
        self, cloud: Cloud, settings: WorkloadSettings, *, environment: str, bucket: str
    ) -> None:
        self.group = names.model_package_group_name(environment, settings.name)
        self._prefix = f"{names.artifact_prefix(settings.name)}drill"
        self._bucket = bucket
        self._sagemaker = cloud.client("sagemaker")
        self._s3 = cloud.client("s3")
        self._image = aws_images(settings, cloud.settings.region).serve
        self._put_samples()

    def register(self, behaviour: str = "right") -> Package:
        """A package that waits for approval."""
        version = self._next_version()
        model = _model(version, behaviour)
        data = self._put(f"models/{version}/model.tar.gz", model)
        report = self._put(f"models/{version}/evaluation.json", _report().encode())
        created = self._sagemaker.create_model_package(
            ModelPackageGroupName=self.group,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [{"Image": self._image, "ModelDataUrl": data}],
                "SupportedContentTypes": [CSV],
                "SupportedResponseMIMETypes": [CSV],
            },
            CustomerMetadataProperties={
                "dataset_version": f"drill-{version}",
                "samples": f"s3://{self._bucket}/{self._prefix}/samples",
                "evaluation_report": report,
                "model_sha256": hashlib.sha256(model).hexdigest(),
            },
        )
        package = Package(created["ModelPackageArn"], behaviour)
        assert package.version == version, "its server names it by another number"
        return package

    def approve(self, package: Package, description: str = "By a drill.") -> None:
        """As a person does it: EventBridge starts the deployment. SageMaker sends an event each
        time that something changes, be it the description."""
        self._sagemaker.update_model_package(
            ModelPackageArn=package.arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription=description,
        )

    def _next_version(self) -> str:
        """The number that SageMaker gives the next package."""
        newest = self._sagemaker.list_model_packages(
            ModelPackageGroupName=self.group,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=1,
        )["ModelPackageSummaryList"]
        return str(newest[0]["ModelPackageVersion"] + 1 if newest else 1)

    def _put(self, name: str, body: bytes) -> str:
        key = f"{self._prefix}/{name}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        return f"s3://{self._bucket}/{key}"

    def _put_samples(self) -> None:
        for file, row in zip(_files(), ROWS, strict=True):
            self._put(f"samples/{file}", row.encode())
        listed = tuple(
            Sample(file=file, label=CLASSES[index % len(CLASSES)], key=file)
            for index, file in enumerate(_files())
        )
        index = Samples(content_type=CSV, classes=CLASSES, samples=listed)
        self._put(f"samples/{INDEX}", index.to_json().encode())


def _files() -> list[str]:
    return [f"{names.SAMPLE_FILES}/{index:02}.csv" for index in range(len(ROWS))]


def _model(name: str, behaviour: str) -> bytes:
    """A model.tar.gz, as `drill_server` reads it."""
    content = json.dumps({"model": name, "behaviour": behaviour}).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("behaviour.json")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _report() -> str:
    """The report of a model that is always right, which each of them was when it was tested."""
    each = len(ROWS) // len(CLASSES)
    scores = ClassScores(precision=1.0, recall=1.0, f1=1.0, rows=each)
    answers = tuple(
        SampleAnswer(file=file, label=label, predicted=label)
        for index, file in enumerate(_files())
        for label in (CLASSES[index % len(CLASSES)],)
    )
    return EvaluationReport(
        kind="table",
        metrics={"accuracy": Metric(value=1.0)},
        classes=CLASSES,
        confusion_matrix=tuple(
            tuple(each if row == column else 0 for column in range(len(CLASSES)))
            for row in range(len(CLASSES))
        ),
        per_class=dict.fromkeys(CLASSES, scores),
        rows=len(ROWS),
        samples=answers,
    ).to_json()
