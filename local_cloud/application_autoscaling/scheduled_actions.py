"""Scheduled actions: a target's bounds change at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from local_cloud.application_autoscaling.resources import (
    SCHEDULED_ACTION,
    ObjectNotFound,
    asked_for,
    check_scalable,
    described,
    find_target,
    identity,
    key,
    put,
)
from local_cloud.application_autoscaling.service import Action, AutoscalingService
from local_cloud.application_autoscaling.targets import check_bounds
from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.listing import page
from local_cloud.sagemaker.store import Document
from local_cloud.schedules.expression import Schedule, parse

MOST_MISSED = 1000
"""How many missed times are gone through: of a rate of minutes the order hardly matters."""
MEMBERS = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")


def put_scheduled_action(service: AutoscalingService, request: Request) -> Response:
    """One that is there keeps what the request does not name. Raises ApiError."""
    check_scalable(request)
    resource_id, name = request["ResourceId"], request["ScheduledActionName"]
    find_target(service, resource_id)
    now = service.clock()
    known = service.store.find(SCHEDULED_ACTION, key(resource_id, name))
    action = known or _new_action(service, resource_id, name)
    action.update({member: request[member] for member in MEMBERS if member in request})
    _check(action, now)
    # Times that passed before this call are not made up for.
    action["_considered"] = now
    put(service, SCHEDULED_ACTION, key(resource_id, name), action)
    return {}


def _new_action(service: AutoscalingService, resource_id: str, name: str) -> dict[str, Any]:
    settings = service.settings
    return {
        "ScheduledActionName": name,
        "ScheduledActionARN": (
            f"arn:aws:autoscaling:{settings.region}:{settings.account_id}:scheduledAction:"
            f"{uuid.uuid4()}:resource/sagemaker/{resource_id}:scheduledActionName/{name}"
        ),
        **identity(resource_id),
        "CreationTime": service.clock(),
    }


def _check(action: Document, now: float) -> None:
    if "Schedule" not in action:
        raise ValidationException("Schedule must be given for a scheduled action that is new.")
    bounds = action.get("ScalableTargetAction", {})
    if not bounds:
        raise ValidationException(
            "ScalableTargetAction must give MinCapacity, MaxCapacity or both."
        )
    check_bounds(bounds.get("MinCapacity"), bounds.get("MaxCapacity"))
    try:
        schedule = schedule_of(action)
    except ValueError as error:
        raise ValidationException(f"Invalid schedule: {error}.") from error
    if schedule.once and schedule.next_after(now) is None:
        raise ValidationException(f"Schedule {action['Schedule']} lies in the past.")
    if action.get("EndTime", float("inf")) <= action.get("StartTime", float("-inf")):
        raise ValidationException("EndTime must be later than StartTime.")


def schedule_of(action: Document) -> Schedule:
    """Raises ValueError."""
    return parse(
        action["Schedule"],
        timezone=action.get("Timezone", "UTC"),
        anchor=float(action["StartTime" if "StartTime" in action else "CreationTime"]),
    )


def due(actions: Iterable[Document], now: float) -> list[Document]:
    """Those that came due since they were last looked at, the one that came last at the end: of
    a floor raised and lowered while the local cloud was down, the lowered one holds."""
    last = [(moment, action) for action in actions if (moment := _last_due(action, now))]
    return [action for _, action in sorted(last, key=lambda one: one[0])]


def _last_due(action: Document, now: float) -> float | None:
    schedule, last = schedule_of(action), None
    end = min(now, action.get("EndTime", now))
    moment = schedule.next_after(max(action["_considered"], action.get("StartTime", 0.0) - 1))
    for _ in range(MOST_MISSED):
        if moment is None or moment > end:
            break
        last, moment = moment, schedule.next_after(moment)
    return last


def describe_scheduled_actions(service: AutoscalingService, request: Request) -> Response:
    check_scalable(request)
    found = asked_for(service, SCHEDULED_ACTION, request, name="ScheduledActionName")
    return page(found, request, "ScheduledActions")


def delete_scheduled_action(service: AutoscalingService, request: Request) -> Response:
    """Raises ObjectNotFound."""
    check_scalable(request)
    resource_id, name = request["ResourceId"], request["ScheduledActionName"]
    if service.store.find(SCHEDULED_ACTION, key(resource_id, name)) is None:
        raise ObjectNotFound(
            f"No scheduled action found for {described(resource_id)}, scheduled action name: {name}"
        )
    service.store.delete(SCHEDULED_ACTION, key(resource_id, name))
    return {}


ACTIONS: dict[str, Action] = {
    "PutScheduledAction": put_scheduled_action,
    "DescribeScheduledActions": describe_scheduled_actions,
    "DeleteScheduledAction": delete_scheduled_action,
}
