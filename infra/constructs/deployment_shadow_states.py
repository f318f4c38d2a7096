"""The states in which a new model gets a copy of the requests before it may answer any."""

from __future__ import annotations

from typing import Any

from infra.constructs.deployment_parts import (
    FAILED,
    TRANSITIONAL,
    DeploymentCalls,
    DeploymentTimes,
)
from infra.constructs.deployment_watch_states import look_at_endpoint
from infra.constructs.states import invoke, sagemaker

_THERE = "$status = 'InService' and $live = $plan.shadow.endpoint.EndpointConfigName"


def let_shadow_answer(
    calls: DeploymentCalls, times: DeploymentTimes, *, then: str
) -> dict[str, Any]:
    """From `IsThereAShadow` until the comparison let the new model go on to state `then`.

    Where the function that compares is not among `calls`, no plan has a shadow.
    """
    if not calls.compare:
        return {}
    return {
        "IsThereAShadow": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $exists($plan.shadow.endpoint) %}",
                    "Next": "CreateShadowConfig",
                }
            ],
            "Default": then,
        },
        "CreateShadowConfig": sagemaker(
            "createEndpointConfig", "{% $plan.shadow.config %}", Catch=FAILED, Next="AddShadow"
        ),
        "AddShadow": sagemaker(
            "updateEndpoint", "{% $plan.shadow.endpoint %}", Catch=FAILED, Next="LookForShadow"
        ),
        **_wait_for_shadow(times),
        **_compare(calls, then=then),
    }


def _wait_for_shadow(times: DeploymentTimes) -> dict[str, Any]:
    goes_on = f"$status in {TRANSITIONAL} and $looks < {times.looks}"
    return {
        "LookForShadow": look_at_endpoint("IsShadowThere"),
        "IsShadowThere": {
            "Type": "Choice",
            "Choices": [
                {"Condition": f"{{% {_THERE} %}}", "Next": "ShadowBegins"},
                {"Condition": f"{{% {goes_on} %}}", "Next": "WaitForShadow"},
            ],
            "Default": "ShadowIsNotThere",
        },
        "WaitForShadow": {
            "Type": "Wait",
            "Seconds": times.pause_seconds,
            "Next": "LookForShadow",
        },
        "ShadowIsNotThere": {
            "Type": "Pass",
            "Assign": {
                "reason": "{% 'The shadow is not there: the endpoint is ' & $status & ' with ' & "
                "$live & ($failure != '' ? ': ' & $failure : '') %}"
            },
            "Next": "RollBack",
        },
        "ShadowBegins": {
            "Type": "Pass",
            "Assign": {"since": "{% $now() %}", "looks": 0},
            "Next": "LetShadowAnswer",
        },
        "LetShadowAnswer": {
            "Type": "Wait",
            "Seconds": "{% $plan.shadow.seconds %}",
            "Next": "CompareShadow",
        },
    }


def _compare(calls: DeploymentCalls, *, then: str) -> dict[str, Any]:
    return {
        "CompareShadow": invoke(
            calls.compare,
            {"plan": "{% $plan %}", "since": "{% $since %}"},
            Assign={
                "passed": "{% $states.result.Payload.passed %}",
                "compared": "{% $states.result.Payload.detail %}",
            },
            Catch=FAILED,
            Next="HasShadowPassed",
        ),
        "HasShadowPassed": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $passed %}", "Next": then}],
            "Default": "ShadowHasNotPassed",
        },
        "ShadowHasNotPassed": {
            "Type": "Pass",
            "Assign": {"reason": "{% $compared %}"},
            "Next": "RollBack",
        },
    }
