"""An endpoint with its variants, as an operator looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from operate.errors import NoEndpointError

LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class VariantView:
    """Attributes:
    share: of the endpoint's requests, 0 to 1.
    instances: that serve now.
    """

    name: str
    model: str
    share: float
    instances: int


@dataclass(frozen=True, kw_only=True)
class EndpointView:
    """Attributes:
    status: as SageMaker has it, such as InService.
    """

    name: str
    status: str
    config: str
    variants: tuple[VariantView, ...]

    @property
    def is_split(self) -> bool:
        """Whether an old and a new model share the requests."""
        return {variant.name for variant in self.variants} == {OLD_VARIANT, NEW_VARIANT}

    def role(self, variant: VariantView) -> str:
        """`old` and `new` in a split, else `alone`; empty for variants of another making."""
        if self.is_split:
            return "new" if variant.name == NEW_VARIANT else "old"
        return "alone" if len(self.variants) == 1 else ""


def read_endpoint(sagemaker: Any, name: str) -> EndpointView:
    """Raises NoEndpointError where there is none."""
    try:
        described = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "could not find" not in str(error).lower():
            raise
        raise NoEndpointError(
            f"there is no endpoint {name} in this account and region "
            f"({sagemaker.meta.region_name}): nothing was deployed yet, or these are not the "
            "environment's account and region; approve a model package to deploy it"
        ) from error
    models = _models(sagemaker, described["EndpointConfigName"])
    serving = described.get("ProductionVariants", [])
    total = sum(variant.get("CurrentWeight", 0.0) for variant in serving) or 1.0
    return EndpointView(
        name=name,
        status=described["EndpointStatus"],
        config=described["EndpointConfigName"],
        variants=tuple(
            VariantView(
                name=variant["VariantName"],
                model=models.get(variant["VariantName"], "?"),
                share=variant.get("CurrentWeight", 0.0) / total,
                instances=variant.get("CurrentInstanceCount", 0),
            )
            for variant in serving
        ),
    )


def version_of(sagemaker: Any, model: str) -> str:
    """Version of the model package that a model was made of; `-` if unknown."""
    try:
        described = sagemaker.describe_model(ModelName=model)
    except ClientError as error:
        if "could not find" not in str(error).lower():
            raise
        return "-"
    arn = described.get("PrimaryContainer", {}).get("ModelPackageName", "")
    return str(arn).rpartition("/")[2] or "-"


def versions_served(sagemaker: Any, endpoint: EndpointView) -> str:
    """Versions that answer requests now, for people: `3`, or `3 and 4` in a split."""
    found = dict.fromkeys(
        version_of(sagemaker, variant.model) for variant in endpoint.variants if variant.share
    )
    return " and ".join(found) or "-"


def invocations(cloudwatch: Any, endpoint: str, variant: str, *, now: datetime) -> int | None:
    """Requests of the last hour that CloudWatch counted; None where it counted none."""
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
        ],
        StartTime=now.astimezone(UTC) - LOOK_BACK,
        EndTime=now.astimezone(UTC),
        Period=int(LOOK_BACK.total_seconds()),
        Statistics=["Sum"],
    )
    points = answer.get("Datapoints", [])
    return round(sum(point["Sum"] for point in points)) if points else None


def _models(sagemaker: Any, config: str) -> Mapping[str, str]:
    """Names of the variants' models; none where the configuration is gone."""
    try:
        described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if "could not find" not in str(error).lower():
            raise
        return {}
    return {
        variant["VariantName"]: variant.get("ModelName", "?")
        for variant in described["ProductionVariants"]
    }
