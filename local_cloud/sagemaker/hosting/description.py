"""What DescribeEndpoint says of how an endpoint serves."""

from __future__ import annotations

from typing import Any

from local_cloud.sagemaker.hosting import data_capture, progress
from local_cloud.sagemaker.store import Document


def of(endpoint: Document) -> dict[str, Any]:
    """The members that follow from the plan in service and from a deployment that goes on."""
    plan = endpoint.get("_serving", {})
    answer: dict[str, Any] = progress.describe(endpoint)
    if "capture" in plan:
        answer["DataCaptureConfig"] = data_capture.summary(plan["capture"])
    if "asynchronous" in plan:
        answer["AsyncInferenceConfig"] = plan["asynchronous"]
    return answer
