"""The states of a deployment that judge it, and those that take it back."""

from __future__ import annotations

from typing import Any

from infra.constructs.deployment_parts import FAILED, DeploymentCalls, DeploymentTimes
from infra.constructs.states import invoke, publish

_AFTER = "($smoke != '' ? '\\n' & $smoke : '') & ($cleaned != '' ? '\\n' & $cleaned : '')"


def prove(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    """Lets the new version serve for a while, asks it, and tells that it is live."""
    bake = {"Bake": {"Type": "Wait", "Seconds": times.bake_seconds, "Next": "SmokeTest"}}
    return {
        **(bake if times.bake_seconds else {}),
        "SmokeTest": invoke(
            calls.smoke_test,
            {"plan": "{% $plan %}"},
            Assign={
                "passed": "{% $states.result.Payload.passed %}",
                "smoke": "{% $states.result.Payload.detail %}",
            },
            Catch=FAILED,
            Next="HasItPassed",
        ),
        "HasItPassed": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $passed %}", "Next": "CleanUp"}],
            "Default": "NotPassed",
        },
        "NotPassed": {
            "Type": "Pass",
            "Assign": {"reason": "{% 'Smoke test: ' & $smoke %}"},
            "Next": "RollBack",
        },
        # What is left over costs nothing, and the next deployment tries again.
        "CleanUp": invoke(
            calls.clean_up,
            {"plan": "{% $plan %}"},
            Assign={
                "cleaned": "{% 'Removed: ' & $string($states.result.Payload.removed) & "
                "($states.result.Payload.rejected != '' ? '\\nRejected, so that no later model is "
                "compared with it: ' & $states.result.Payload.rejected : '') %}"
            },
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "cleaned": "{% 'Older models were not removed: ' "
                        "& $states.errorOutput.Error & ': ' "
                        "& $states.errorOutput.Cause %}"
                    },
                    "Next": "TellLive",
                }
            ],
            Next="TellLive",
        ),
        "TellLive": publish(
            calls.alert_topic,
            subject="{% $substring($plan.headline, 0, 99) %}",
            message=f"{{% $plan.summary & {_AFTER} & ($plan.next != '' ? '\\n' & $plan.next : '') "
            "& '\\nExecution: ' & $execution %}",
            # The model is live whether anyone hears of it or not.
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Live"}],
            Next="Live",
        ),
        "Live": {
            "Type": "Pass",
            "Output": "{% $merge([$plan, {'smoke': $smoke, 'cleaned': $cleaned}]) %}",
            "End": True,
        },
    }


def roll_back(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    """Moves towards what served before until that serves, and tells why."""
    detail = "{% $states.result.Payload.detail %}"
    return {
        "RollBack": invoke(
            calls.roll_back,
            {"plan": "{% $plan %}", "reason": "{% $reason %}"},
            Assign={
                "rolledBack": "{% $states.result.Payload.done %}",
                "rollBackDetail": detail,
                "rollBackLooks": "{% $rollBackLooks + 1 %}",
            },
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "rollBackDetail": "{% 'Rolling back failed as well, look at the endpoint: '"
                        " & $states.errorOutput.Error & ': ' "
                        "& $states.errorOutput.Cause %}"
                    },
                    "Next": "TellFailure",
                }
            ],
            Next="IsRolledBack",
        ),
        "IsRolledBack": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $rolledBack or $rollBackLooks >= {times.looks} %}}",
                    "Next": "TellFailure",
                }
            ],
            "Default": "WaitForRollBack",
        },
        "WaitForRollBack": {"Type": "Wait", "Seconds": times.pause_seconds, "Next": "RollBack"},
        "TellFailure": publish(
            calls.alert_topic,
            subject="{% $exists($event.action) ? 'Failed: to ' & $event.action & ' the split' : "
            "'Deployment failed' %}",
            message="{% ($exists($plan.summary) ? $plan.summary : 'Nothing was planned') & "
            "'\\nReason: ' & $reason & '\\n' & $rollBackDetail & '\\nExecution: ' & $execution %}",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            Next="Failed",
        ),
        "Failed": {
            "Type": "Fail",
            "Error": "DeploymentFailed",
            "Cause": "{% $reason & ' | ' & $rollBackDetail %}",
        },
    }
