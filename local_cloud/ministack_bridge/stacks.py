"""MiniStack's CloudFormation: the stacks that the end of the server interrupted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

REASON = "The local cloud stopped while it worked on this stack."
_UNDER_WAY = "_IN_PROGRESS"
_NOT_BEGUN = "REVIEW_IN_PROGRESS"


def end_interrupted_stacks() -> list[str]:
    """Let stacks that nothing works on any more have failed; answers their names.

    MiniStack restores them as they were: a deploy would wait for them for ever.
    """
    from ministack.services import cloudformation

    names = []
    for scope, stack in list(cloudformation._stacks._data.items()):
        status = str(stack.get("StackStatus", ""))
        if not status.endswith(_UNDER_WAY) or status == _NOT_BEGUN:
            continue
        stack["StackStatus"] = ending(status)
        stack["StackStatusReason"] = REASON
        events: Any = cloudformation._stack_events._data
        events.setdefault((*scope[:-1], stack["StackId"]), []).append(_event(stack))
        names.append(str(stack["StackName"]))
    return names


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
