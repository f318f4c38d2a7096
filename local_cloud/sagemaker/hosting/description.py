"""What DescribeEndpoint says of how an endpoint serves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from local_cloud.sagemaker.hosting import data_capture, progress, weights
from local_cloud.sagemaker.hosting.plan import VariantPlan, deployed_images
from local_cloud.sagemaker.store import Document


def of(endpoint: Document) -> dict[str, Any]:
    """The members that follow from the plan in service and from a deployment that goes on."""
    plan = endpoint.get("_serving", {})
    answer: dict[str, Any] = progress.describe(endpoint)
    if "capture" in plan:
        answer["DataCaptureConfig"] = data_capture.summary(plan["capture"])
    if "asynchronous" in plan:
        answer["AsyncInferenceConfig"] = plan["asynchronous"]
    if "shadows" in plan:
        desired = endpoint.get(weights.WANTED) or plan
        answer["ShadowProductionVariants"] = summaries(plan["shadows"], desired["shadows"])
    return answer


def summaries(
    variants: Sequence[VariantPlan], desired: Sequence[VariantPlan] | None = None
) -> list[dict[str, Any]]:
    """ProductionVariantSummary of each variant; ``desired`` are the same ones as they are to be."""
    pairs = zip(variants, desired or variants, strict=True)
    return [
        {
            "VariantName": current["variant"],
            "DeployedImages": [
                {**image, "ResolutionTime": time.time()} for image in deployed_images(current)
            ],
            **weights.numbers(current, "Current"),
            **weights.numbers(wanted, "Desired"),
        }
        for current, wanted in pairs
    ]
