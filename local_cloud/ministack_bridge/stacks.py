"""MiniStack's CloudFormation: the stacks that the end of the server interrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

REASON = "The local cloud stopped while it worked on this stack."
_UNDER_WAY = "_IN_PROGRESS"
_NOT_BEGUN = "REVIEW_IN_PROGRESS"


def end_interrupted_stacks(began: datetime) -> list[str]:
    """Let stacks that nothing works on any more have failed; answers their names.

    ``began`` is when this server did. MiniStack restores them as they were: a deploy would wait
    for them for ever.
    """
    from ministack.services import cloudformation

    names = []
    for scope, stack in list(cloudformation._stacks._data.items()):
        events: Any = cloudformation._stack_events._data
        told = events.setdefault((*scope[:-1], stack["StackId"]), [])
        if not is_interrupted(stack, told, began):
            continue
        stack["StackStatus"] = ending(str(stack["StackStatus"]))
        stack["StackStatusReason"] = REASON
        told.append(_event(stack))
        names.append(str(stack["StackName"]))
    return names


def is_interrupted(
    stack: Mapping[str, Any], events: Sequence[Mapping[str, Any]], began: datetime
) -> bool:
    """Whether an earlier server worked on the stack. This one, which tells of whatever it begins,
    may have been asked already for what is under way."""
    status = str(stack.get("StackStatus", ""))
    if not status.endswith(_UNDER_WAY) or status == _NOT_BEGUN:
        return False
    return all(datetime.fromisoformat(one["Timestamp"]) < began for one in events)


def ending(status: str) -> str:
    """What a stack is whose work broke off: a new one can be deleted and made again, another one
    be brought back by ContinueUpdateRollback."""
    if status.startswith("DELETE"):
        return "DELETE_FAILED"
    if status.startswith(("CREATE", "ROLLBACK")):
        return "ROLLBACK_FAILED"
    return "IMPORT_ROLLBACK_FAILED" if status.startswith("IMPORT") else "UPDATE_ROLLBACK_FAILED"


def _event(stack: dict[str, Any]) -> dict[str, Any]:
    return {
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        "EventId": f"interrupted-{datetime.now(UTC).timestamp():.6f}",
        "LogicalResourceId": stack["StackName"],
        "PhysicalResourceId": stack["StackId"],
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": stack["StackStatus"],
        "ResourceStatusReason": REASON,
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z",
    }
