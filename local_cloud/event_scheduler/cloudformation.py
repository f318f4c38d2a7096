"""AWS::Scheduler::Schedule with all its properties (Ref: its name; GetAtt Arn).

MiniStack's own drops time zone, start, end and what happens after completion.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from local_cloud.event_scheduler.requests import check
from local_cloud.json_api.errors import ApiError
from local_cloud.ministack_bridge import ResourceHandlers, generated_name

Provisioned = tuple[str, dict[str, Any]]
MEMBERS = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)
DEFAULT_GROUP = "default"
NAME_CHARACTERS = 64


class Records(Protocol):
    def create(self, name: str, body: dict[str, Any]) -> str: ...

    def update(self, name: str, body: dict[str, Any]) -> str: ...

    def delete(self, name: str, group: str) -> None: ...


def resource_types(records: Records) -> dict[str, ResourceHandlers]:
    schedule = ScheduleResource(records)
    return {
        "AWS::Scheduler::Schedule": ResourceHandlers(
            create=schedule.create, update=schedule.update, delete=schedule.delete
        )
    }


class ScheduleResource:
    def __init__(self, records: Records) -> None:
        self._records = records

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        name = properties.get("Name") or generated_name(
            stack_name, logical_id, longest=NAME_CHARACTERS
        )
        body = _body(properties)
        check("CreateSchedule", {**body, "Name": name})
        return name, {"Arn": self._records.create(name, body)}

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> Provisioned:
        if new.get("Name", physical_id) != physical_id or _group(new) != _group(old):
            created = self.create(physical_id, {"Name": physical_id, **new}, stack_name)
            self.delete(physical_id, old)
            return created
        body = _body(new)
        check("UpdateSchedule", {**body, "Name": physical_id})
        return physical_id, {"Arn": self._records.update(physical_id, body)}

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        try:
            self._records.delete(physical_id, _group(properties))
        except ApiError as error:
            # CloudFormation counts a resource that somebody else deleted as deleted.
            if error.code != "ResourceNotFoundException":
                raise


def _group(properties: dict[str, Any]) -> str:
    return str(properties.get("GroupName", DEFAULT_GROUP))


def _body(properties: dict[str, Any]) -> dict[str, Any]:
    body = {member: properties[member] for member in MEMBERS if member in properties}
    for member in ("StartDate", "EndDate"):
        if isinstance(body.get(member), str):
            body[member] = datetime.fromisoformat(body[member]).timestamp()
    return body
