"""The registered model package, and its approval as an operator would give it."""

from __future__ import annotations

from typing import Any

from demo.errors import DemoError


def newest_package(sagemaker: Any, *, group: str) -> dict[str, Any]:
    """DescribeModelPackage of the group's newest version. Raises DemoError where there is none."""
    summaries = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )["ModelPackageSummaryList"]
    if not summaries:
        raise DemoError(f"the run registered no model package in {group}")
    package: dict[str, Any] = sagemaker.describe_model_package(
        ModelPackageName=summaries[0]["ModelPackageArn"]
    )
    return package


def approve(sagemaker: Any, package_arn: str) -> None:
    """The one call that sets a deployment off."""
    sagemaker.update_model_package(
        ModelPackageArn=package_arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="Approved by `make demo`.",
    )
