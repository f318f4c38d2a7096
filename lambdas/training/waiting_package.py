"""A model package that waits for approval, with what its evaluation report says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from contracts.evaluation_report import EvaluationReport, EvaluationReportError, Metric
from lambdas.shared.aws_errors import is_missing

_WAITING = "PendingManualApproval"


@dataclass(frozen=True, kw_only=True)
class WaitingPackage:
    """A version in a model package group.

    Attributes:
        dataset_version: that the model was trained with, or the empty string.
        manifest: S3 URI of that dataset's manifest, or the empty string.
        report_uri: S3 URI of the evaluation report, or the empty string.
        metrics: text of each figure by the metric's name; empty where the report is not read.
        rows: held-out examples that the model was judged by.
        report_fault: why there are no figures, or the empty string.
    """

    arn: str
    group: str
    version: int
    region: str
    dataset_version: str
    manifest: str
    report_uri: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    report_fault: str = ""


def read_waiting(sagemaker: Any, s3: Any, *, arn: str) -> WaitingPackage | None:
    """Look the package up: the event may be late.

    Returns:
        The package, or None where somebody has decided meanwhile or has deleted it.

    Raises:
        ClientError: SageMaker refuses.
    """
    try:
        described = sagemaker.describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    if described.get("ModelApprovalStatus") != _WAITING:
        return None
    properties = described.get("CustomerMetadataProperties", {})
    report_uri = _report_uri(described)
    metrics, rows, fault = _read_report(s3, report_uri)
    return WaitingPackage(
        arn=arn,
        group=described["ModelPackageGroupName"],
        version=described["ModelPackageVersion"],
        region=arn.split(":")[3],
        dataset_version=properties.get("dataset_version", ""),
        manifest=properties.get("dataset_manifest", ""),
        report_uri=report_uri,
        metrics=metrics,
        rows=rows,
        report_fault=fault,
    )


def _report_uri(described: Mapping[str, Any]) -> str:
    quality = described.get("ModelMetrics", {}).get("ModelQuality", {})
    return str(quality.get("Statistics", {}).get("S3Uri", ""))


def _read_report(s3: Any, uri: str) -> tuple[dict[str, str], int, str]:
    """Figures, examples, and why there are none: a model can be approved without them."""
    if not uri:
        return {}, 0, "The package names no evaluation report."
    place = urlsplit(uri)
    try:
        answer = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        report = EvaluationReport.parse(answer["Body"].read())
    except (ClientError, EvaluationReportError) as error:
        return {}, 0, f"The evaluation report could not be read: {error}"
    return {name: _figure(metric) for name, metric in report.metrics.items()}, report.rows, ""


def _figure(metric: Metric) -> str:
    text = f"{metric.value:.4g}"
    if metric.standard_deviation is None:
        return text
    return f"{text} (standard deviation {metric.standard_deviation:.2g})"
