"""The record of what was scaled, why, and what came of it."""

from __future__ import annotations

import uuid

from local_cloud.application_autoscaling.resources import ACTIVITY, check_scalable, identity
from local_cloud.application_autoscaling.service import Action, AutoscalingService
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.hosting.scaled_variants import TARGET
from local_cloud.sagemaker.listing import page
from local_cloud.sagemaker.store import Document, public

KEPT_SECONDS = 6 * 7 * 24 * 3600
"""AWS shows the activities of the last six weeks."""
NEWEST = "_activity"
"""Key of a target's document: the id of its newest activity."""


def begin(service: AutoscalingService, resource_id: str, capacity: int, cause: str) -> Document:
    """An activity InProgress towards that many instances. Raises NotFoundError where the target
    is gone."""
    forget_old(service)
    activity: Document = {
        "ActivityId": str(uuid.uuid4()),
        **identity(resource_id),
        "Description": f"Setting desired instance count to {capacity}.",
        "Cause": cause,
        "StartTime": service.clock(),
        "StatusCode": "InProgress",
        "StatusMessage": (
            f"Successfully set desired instance count to {capacity}. Waiting for change to be "
            "fulfilled by sagemaker."
        ),
        "_capacity": capacity,
    }
    with service.store.transaction():
        service.store.create(ACTIVITY, activity["ActivityId"], activity)
        service.store.update(TARGET, resource_id, **{NEWEST: activity["ActivityId"]})
    return activity


def end(service: AutoscalingService, activity: Document, status: str, message: str) -> None:
    service.store.update(
        ACTIVITY,
        activity["ActivityId"],
        StatusCode=status,
        StatusMessage=message,
        EndTime=service.clock(),
    )


def succeed(service: AutoscalingService, activity: Document) -> None:
    message = (
        f"Successfully set desired instance count to {activity['_capacity']}. Change successfully "
        "fulfilled by sagemaker."
    )
    end(service, activity, "Successful", message)


def fail(service: AutoscalingService, activity: Document, reason: str) -> None:
    message = f"Failed to set desired instance count to {activity['_capacity']}. Reason: {reason}"
    end(service, activity, "Failed", message)


def in_progress(service: AutoscalingService, target: Document) -> Document | None:
    """The target's newest activity, where it is not through yet."""
    newest = service.store.find(ACTIVITY, target.get(NEWEST, ""))
    return newest if newest is not None and newest["StatusCode"] == "InProgress" else None


def forget_old(service: AutoscalingService) -> None:
    oldest = service.clock() - KEPT_SECONDS
    for activity in service.store.list(ACTIVITY):
        if activity["StartTime"] < oldest:
            service.store.delete(ACTIVITY, activity["ActivityId"])


def describe_scaling_activities(service: AutoscalingService, request: Request) -> Response:
    """The newest first."""
    check_scalable(request)
    found = [
        public(one)
        for one in reversed(service.store.list(ACTIVITY))
        if request.get("ResourceId") in (None, one["ResourceId"])
    ]
    return page(found, request, "ScalingActivities")


ACTIONS: dict[str, Action] = {"DescribeScalingActivities": describe_scaling_activities}
