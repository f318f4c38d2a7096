"""The registered model package, and its approval as an operator would give it."""

from __future__ import annotations

from typing import Any

from demo.errors import DemoError
from demo.run_state import RunState


def registered_package(sagemaker: Any, run: RunState) -> dict[str, Any]:
    """DescribeModelPackage of what the run registered. Raises DemoError where it did not."""
    step = run.step("Register")
    if step is None or step.resource_arn is None:
        raise DemoError("the run registered no model package: its gate did not let the model pass")
    package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=step.resource_arn)
    return package


def approve(sagemaker: Any, package_arn: str) -> None:
    """The one call that sets a deployment off."""
    sagemaker.update_model_package(
        ModelPackageArn=package_arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="Approved by `make demo`.",
    )
