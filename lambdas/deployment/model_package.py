"""The approved model package, as SageMaker describes it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.champion_record import FAILED_MARK
from lambdas.shared.aws_errors import is_missing

REJECTED = "Rejected"
_APPROVED = "Approved"
_COMPLETED = "Completed"
# What a package that is registered as approved may still be when its event comes.
_UNFINISHED = ("Pending", "InProgress")


class ModelPackageRefused(Exception):
    """A model package that is not to be deployed."""


class ApprovalWithdrawn(ModelPackageRefused):
    """A model package whose approval somebody took back: nothing may override that."""


class TriedBefore(Exception):
    """A model package that a deployment failed with, and that nobody approved again since."""


class ModelPackageUnfinished(Exception):
    """A model package that SageMaker still makes; the state machine plans again later."""


@dataclass(frozen=True, kw_only=True)
class ApprovedPackage:
    """A model package that may be deployed.

    Attributes:
        samples: where held-out files and their labels are: `s3://bucket/prefix`.
        evaluation_report: where its evaluation is: `s3://bucket/key`; empty if it does not say.
        dataset_version: of the data that it was trained with; empty if it does not say.
        model_sha256: digest of its model.tar.gz; empty in packages of before it was registered.
    """

    arn: str
    group: str
    version: int
    samples: str
    evaluation_report: str
    dataset_version: str
    model_sha256: str = ""


def read_approved(sagemaker: Any, *, arn: str, group: str) -> ApprovedPackage:
    """Look the package up: the event may be late, and the approval withdrawn.

    Raises:
        ModelPackageUnfinished: plan again later.
        ModelPackageRefused: with each reason for which it must not be deployed; it is an
            ApprovalWithdrawn where the approval is among them.
        TriedBefore: a deployment failed with it.
        ClientError: SageMaker refuses.
    """
    try:
        described = sagemaker.describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if is_missing(error):
            raise ModelPackageRefused(
                f"{arn} was deleted after its approval; approve another package of {group}"
            ) from error
        raise
    status = described.get("ModelPackageStatus")
    if status in _UNFINISHED:
        raise ModelPackageUnfinished(f"{arn} is {status}; wait until it is {_COMPLETED}")
    approval = described.get("ModelApprovalStatus")
    reason = described.get("ApprovalDescription", "")
    if approval == REJECTED and reason.startswith(FAILED_MARK):
        raise TriedBefore(f"{arn} is {approval}: {reason}. To try again, approve it again")
    properties = described.get("CustomerMetadataProperties", {})
    faults = _faults(described, properties, group)
    if faults:
        refused = ModelPackageRefused if approval == _APPROVED else ApprovalWithdrawn
        raise refused(f"{arn} is not deployed: " + "; ".join(faults))
    return ApprovedPackage(
        arn=arn,
        group=group,
        version=described["ModelPackageVersion"],
        samples=properties["samples"],
        evaluation_report=properties.get("evaluation_report", ""),
        dataset_version=properties.get("dataset_version", ""),
        model_sha256=properties.get("model_sha256", ""),
    )


def package_of_model(sagemaker: Any, model: str) -> str:
    """ARN of the package that a model was made of; empty if there is none, or no such model.

    Raises:
        ClientError: SageMaker refuses.
    """
    try:
        described = sagemaker.describe_model(ModelName=model)
    except ClientError as error:
        if is_missing(error):
            return ""
        raise
    return str(described.get("PrimaryContainer", {}).get("ModelPackageName", ""))


def metadata_of(sagemaker: Any, arn: str) -> Mapping[str, str]:
    """What the pipeline registered with a package, approved or not; empty where it is gone.

    Raises:
        ClientError: SageMaker refuses.
    """
    if not arn:
        return {}
    try:
        described = sagemaker.describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if is_missing(error):
            return {}
        raise
    found: Mapping[str, str] = described.get("CustomerMetadataProperties", {})
    return found


def _faults(described: Mapping[str, Any], properties: Mapping[str, str], group: str) -> list[str]:
    faults = []
    found = described.get("ModelPackageGroupName")
    if found != group:
        faults.append(f"it belongs to the group {found}, this endpoint serves {group}")
    approval = described.get("ModelApprovalStatus")
    if approval != _APPROVED:
        faults.append(
            f"it is {approval} now, the approval was withdrawn; approve it again to deploy it"
        )
    status = described.get("ModelPackageStatus")
    if status != _COMPLETED:
        faults.append(f"its status is {status}, only a {_COMPLETED} package can be deployed")
    samples = properties.get("samples", "")
    if not samples.startswith("s3://"):
        faults.append(
            f"CustomerMetadataProperties.samples is {samples!r}: expected s3://<bucket>/<prefix> "
            "of the held-out files for the smoke test, which the training pipeline registers; "
            "register the model by the pipeline"
        )
    return faults
