"""What a person has to know to decide about a deployment, gathered from where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from contracts.champion_record import ChampionRecordError, Deployed
from contracts.evaluation_report import EvaluationReport, EvaluationReportError
from contracts.rollout_text import rollout_sentence, strategy_of
from lambdas.shared.champion import read_record
from lambdas.shared.s3_uris import bucket_and_key

_PAGE = "evaluation.html"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A metric of the new model, and of what it is compared with.

    Attributes:
        deviation: standard deviation; None where unknown.
        champion: None where there is nothing to compare with.
    """

    name: str
    value: float
    deviation: float | None
    champion: float | None


@dataclass(frozen=True, kw_only=True)
class ApprovalFacts:
    """Attributes:
    package: as DescribeModelPackage shows it.
    plan: of the deployment; see `lambdas.deployment.plan`.
    serving: what serves now, after the champion record; None where nothing has proved itself.
    figures: of the evaluation.
    compared_with: what the figures' champion is, in words; empty without one.
    rows: held-out examples that the model was judged by.
    fault: why there are no figures, or the empty string.
    report_page: S3 URI of the evaluation's page, or the empty string.
    """

    package: Mapping[str, Any]
    plan: Mapping[str, Any]
    serving: Deployed | None
    figures: tuple[Figure, ...] = ()
    compared_with: str = ""
    rows: int = 0
    fault: str = ""
    report_page: str = ""
    lineage: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Of the package in its group."""
        return int(self.package["ModelPackageVersion"])

    @property
    def strategy(self) -> str:
        """How the new model takes the old one's place: a word, and a sentence about it."""
        return f"{strategy_of(self.plan)}: {rollout_sentence(self.plan)}"

    @property
    def variants(self) -> list[str]:
        """The production variants that would serve, in words."""
        return [
            _variant(variant)
            for variant in self.plan.get("endpoint_config", {}).get("ProductionVariants", [])
        ]


def gather(
    plan: Mapping[str, Any], *, sagemaker: Any, ssm: Any, s3: Any, champion_parameter: str
) -> ApprovalFacts:
    """Read it all; the arguments are boto3 clients. A report that is not there is no fault of
    the deployment's: the person decides without it.

    Raises:
        ClientError: AWS refuses.
    """
    package = sagemaker.describe_model_package(ModelPackageName=plan["model_package"])
    serving = _serving(ssm, champion_parameter)
    report, fault = _report(s3, plan.get("evaluation_report", ""))
    figures, compared = _figures(report, serving)
    return ApprovalFacts(
        package=package,
        plan=plan,
        serving=serving,
        figures=figures,
        compared_with=compared,
        rows=report.rows if report else 0,
        fault=fault,
        report_page=_page_beside(s3, plan.get("evaluation_report", "")),
        lineage=dict(package.get("CustomerMetadataProperties", {})),
    )


def _serving(ssm: Any, parameter: str) -> Deployed | None:
    try:
        record = read_record(ssm, parameter)
    except ChampionRecordError:
        return None
    return record.champion if record else None


def _report(s3: Any, uri: str) -> tuple[EvaluationReport | None, str]:
    if not uri:
        return None, "The package names no evaluation report."
    try:
        bucket, key = bucket_and_key(uri)
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return EvaluationReport.parse(content), ""
    except (ClientError, EvaluationReportError, ValueError) as error:
        return None, f"The evaluation report {uri} cannot be read: {error}"


def _figures(
    report: EvaluationReport | None, serving: Deployed | None
) -> tuple[tuple[Figure, ...], str]:
    """The figures, beside those of what serves: on the same rows where the report has these."""
    if report is None:
        return (), ""
    beside: Mapping[str, float] = {}
    compared = ""
    champion = report.champion
    if champion is not None and (serving is None or champion.model_package_arn == serving.package):
        beside = {name: metric.value for name, metric in champion.metrics.items()}
        compared = f"{_name(champion.model_package_arn)}, on the same held-out rows"
    elif serving is not None and serving.metrics:
        beside = serving.metrics
        compared = f"version {serving.version}, on the held-out rows of its own time"
    found = tuple(
        Figure(
            name=name,
            value=metric.value,
            deviation=metric.standard_deviation,
            champion=beside.get(name),
        )
        for name, metric in report.metrics.items()
    )
    return found, compared


def _name(arn: str | None) -> str:
    return f"version {arn.rpartition('/')[2]}" if arn else "the champion"


def _page_beside(s3: Any, report_uri: str) -> str:
    """S3 URI of the page beside a report; empty where none was written."""
    if not report_uri:
        return ""
    uri = f"{report_uri.rpartition('/')[0]}/{_PAGE}"
    try:
        bucket, key = bucket_and_key(uri)
        s3.head_object(Bucket=bucket, Key=key)
    except (ClientError, ValueError):
        return ""
    return uri


def _variant(variant: Mapping[str, Any]) -> str:
    name = variant.get("VariantName", "?")
    if serverless := variant.get("ServerlessConfig"):
        memory, most = serverless.get("MemorySizeInMB"), serverless.get("MaxConcurrency")
        return f"{name}: serverless, {memory} MB, {most} at a time"
    count, kind = variant.get("InitialInstanceCount", "?"), variant.get("InstanceType", "?")
    return f"{name}: {count} x {kind}"
