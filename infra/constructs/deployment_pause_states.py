"""The states that delete an endpoint for the time outside its hours."""

from __future__ import annotations

from typing import Any

from infra.constructs.deployment_parts import DeploymentCalls, DeploymentTimes
from infra.constructs.states import ERROR, invoke

_FAILED = [
    {
        "ErrorEquals": ["States.ALL"],
        "Assign": {
            "reason": f"{{% {ERROR} %}}",
            "rollBackDetail": "{% 'Look at the endpoint: it may be there still, and is billed' %}",
        },
        "Next": "TellFailure",
    }
]


def pause_endpoint(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    """From `TakeDown` until the endpoint is gone. Nothing goes back: it was asked for."""
    return {
        "TakeDown": invoke(
            calls.roll_back,
            {"plan": "{% $plan %}", "reason": "{% $plan.summary %}"},
            Assign={
                "takenDown": "{% $states.result.Payload.done %}",
                "rollBackDetail": "{% $states.result.Payload.detail %}",
                "looks": "{% $looks + 1 %}",
            },
            Catch=_FAILED,
            Next="IsTakenDown",
        ),
        "IsTakenDown": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $takenDown %}", "Next": "TellLive"},
                {"Condition": f"{{% $looks < {times.looks} %}}", "Next": "WaitForTakeDown"},
            ],
            "Default": "NotTakenDown",
        },
        "WaitForTakeDown": {"Type": "Wait", "Seconds": times.pause_seconds, "Next": "TakeDown"},
        "NotTakenDown": {
            "Type": "Pass",
            "Assign": {
                "reason": "{% 'The endpoint is not gone after "
                f"{times.timeout_seconds} seconds' %}}"
            },
            "Next": "TellFailure",
        },
    }
