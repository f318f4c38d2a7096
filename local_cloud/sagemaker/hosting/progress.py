"""How far an endpoint's deployment is: DescribeEndpoint's VariantStatus, and an event of its own.

Statuses, messages and the event's shape: "SageMaker endpoint deployment state change" under
"Events that Amazon SageMaker AI sends to Amazon EventBridge" in the SageMaker developer guide.
An endpoint's document keeps the last step under ``_progress``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.hosting.plan import Plan, VariantPlan, deployed_images
from local_cloud.sagemaker.hosting.state import KIND, publish_deployment
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

PROGRESS = "_progress"
CREATING, UPDATING, DELETING = "Creating", "Updating", "Deleting"
ACTIVATING, BAKING = "ActivatingTraffic", "Baking"


def say(
    service: SageMakerService,
    endpoint: str,
    status: str,
    message: str,
    *,
    active: Mapping[str, int] | None = None,
) -> None:
    """Note the step and publish it; ``active`` is how many new instances take traffic, by
    variant (none where not given)."""
    step = {"status": status, "message": message, "since": time.time(), "active": active or {}}
    document = service.store.mutate(KIND, endpoint, lambda one: one.update({PROGRESS: step}))
    publish_deployment(service, {**document, **describe(document)})


def describe(endpoint: Document) -> dict[str, Any]:
    """PendingDeploymentSummary of an endpoint that is being created or updated; of one that is
    being scaled, its ProductionVariants with their VariantStatus."""
    if endpoint["EndpointStatus"] not in ("Creating", "Updating"):
        return {}
    step = endpoint.get(PROGRESS)
    if "_pending" in endpoint:
        plan: Plan = endpoint["_pending"]
        summary = {
            "EndpointConfigName": plan["config"],
            "StartTime": endpoint.get("_pending_since", endpoint["LastModifiedTime"]),
            "ProductionVariants": [_pending_variant(one, step) for one in plan["variants"]],
        }
        if "shadows" in plan:
            shadows = [_pending_variant(one, step) for one in plan["shadows"]]
            summary["ShadowProductionVariants"] = shadows
        return {"PendingDeploymentSummary": summary}
    if step is None or "ProductionVariants" not in endpoint:
        return {}
    variants = endpoint["ProductionVariants"]
    return {"ProductionVariants": [{**one, "VariantStatus": [_status(step)]} for one in variants]}


def _pending_variant(variant: VariantPlan, step: Mapping[str, Any] | None) -> dict[str, Any]:
    name = variant["variant"]
    active = {} if step is None else step["active"]
    answer: dict[str, Any] = {
        "VariantName": name,
        "DeployedImages": deployed_images(variant),
        "CurrentWeight": variant["weight"],
        "DesiredWeight": variant["weight"],
    }
    if "serverless" in variant:
        answer["DesiredServerlessConfig"] = variant["serverless"]
    else:
        answer["CurrentInstanceCount"] = active.get(name, 0)
        answer["DesiredInstanceCount"] = variant["instances"]
    if "instance_type" in variant:
        answer["InstanceType"] = variant["instance_type"]
    if step is not None:
        answer["VariantStatus"] = [_status(step)]
    return answer


def _status(step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Status": step["status"],
        "StatusMessage": step["message"],
        "StartTime": step["since"],
    }
