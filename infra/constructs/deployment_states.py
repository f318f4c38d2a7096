"""The deployment state machine: an approved model package goes live, or what served stays.

Operators change a split of the endpoint's requests by it as well, so that the endpoint has one
owner: where `action` is in the input (`contracts.traffic_split`), and nothing is made but, at the
end of a split, the configuration with which the winner serves alone.

`$plan` is what the function `plan` answered: the requests to make and what served before.
Every failure passes through `RollBack`, which also handles that nothing was made yet.
"""

from __future__ import annotations

from typing import Any

from contracts.traffic_split import NEW_VARIANT
from infra.constructs.deployment_outcome_states import prove, roll_back
from infra.constructs.deployment_parts import (
    FAILED,
    MAX_TURN_SECONDS,
    TIMEOUT_SECONDS,
    TRANSITIONAL,
    DeploymentCalls,
    DeploymentTimes,
)
from infra.constructs.states import invoke, sagemaker, sfn

# Of the requests, which the new model of a split gets; the part that is missing in an endpoint
# without one, or in one that is still created, is 0.
_SHARE = (
    "($all := $states.result.ProductionVariants; "
    f"$new := $all[VariantName = '{NEW_VARIANT}'].CurrentWeight; "
    "$exists($new) ? $new / $sum($all.CurrentWeight) : 0)"
)


def deployment_definition(*, calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    """The definition; input is SageMaker's event of the approval or an operator's request."""
    return {
        "Comment": "Brings an approved model package live, or back what served before",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Begin",
        "States": {
            **_wait_for_turn(calls, times),
            **_plan(calls, times),
            **_make(),
            **_watch(times),
            **prove(calls, times),
            **roll_back(calls, times),
        },
    }


def _wait_for_turn(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    # Two deployments at once would each take the other's endpoint for what served before.
    own = "$own := $states.result.Executions[ExecutionArn = $execution]"
    earlier = (
        "$states.result.Executions[StartDate < $own.StartDate or "
        "(StartDate = $own.StartDate and ExecutionArn < $execution)]"
    )
    return {
        "Begin": {
            "Type": "Pass",
            "Assign": {
                "event": "{% $states.input %}",
                "execution": "{% $states.context.Execution.Id %}",
                # Empty until there is one. A variable that is null is none to every engine.
                "plan": {},
                "smoke": "{% '' %}",
                "cleaned": "{% '' %}",
                "looks": 0,
                "rollBackLooks": 0,
                "turnSeconds": times.pause_seconds,
            },
            "Next": "LookForEarlierDeployments",
        },
        "LookForEarlierDeployments": sfn(
            "listExecutions",
            {"StateMachineArn": calls.state_machine, "StatusFilter": "RUNNING"},
            Assign={"first": f"{{% ({own}; $exists($own) and $count({earlier}) = 0) %}}"},
            Catch=FAILED,
            Next="IsItsTurn",
        ),
        "IsItsTurn": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $first %}", "Next": "Plan"}],
            "Default": "WaitForTurn",
        },
        "WaitForTurn": {
            "Type": "Wait",
            "Seconds": "{% $turnSeconds %}",
            "Assign": {
                "turnSeconds": f"{{% $min([{MAX_TURN_SECONDS}, $ceil($turnSeconds * 1.2)]) %}}"
            },
            "Next": "LookForEarlierDeployments",
        },
    }


def _plan(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    plan = invoke(
        calls.plan,
        "{% $event %}",
        Assign={"plan": "{% $states.result.Payload %}"},
        Catch=FAILED,
        Next="IsAnythingToDo",
    )
    # Someone else updates the endpoint, or SageMaker still makes the package: no fault, but
    # nothing can be planned meanwhile.
    plan["Retry"] = [
        {
            "ErrorEquals": ["EndpointBusy", "ModelPackageUnfinished"],
            "IntervalSeconds": times.pause_seconds,
            "MaxAttempts": times.looks,
            "BackoffRate": 1,
        },
        *plan["Retry"],
    ]
    return {
        "Plan": plan,
        "IsAnythingToDo": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $plan.nothing_to_do %}", "Next": "Live"},
                {"Condition": "{% $plan.kind = 'shift' %}", "Next": "ShiftRequests"},
                {"Condition": "{% $plan.make_model %}", "Next": "CreateModel"},
                {"Condition": "{% $plan.make_config %}", "Next": "CreateEndpointConfig"},
            ],
            "Default": "UpdateEndpoint",
        },
    }


def _make() -> dict[str, Any]:
    return {
        "CreateModel": sagemaker(
            "createModel", "{% $plan.model %}", Catch=FAILED, Next="CreateEndpointConfig"
        ),
        "CreateEndpointConfig": sagemaker(
            "createEndpointConfig",
            "{% $plan.endpoint_config %}",
            Catch=FAILED,
            Next="IsThereAnEndpoint",
        ),
        "IsThereAnEndpoint": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $plan.endpoint_exists %}", "Next": "UpdateEndpoint"}],
            "Default": "CreateEndpoint",
        },
        "CreateEndpoint": sagemaker(
            "createEndpoint", "{% $plan.endpoint %}", Catch=FAILED, Next="LookAtEndpoint"
        ),
        "UpdateEndpoint": sagemaker(
            "updateEndpoint", "{% $plan.endpoint %}", Catch=FAILED, Next="LookAtEndpoint"
        ),
        "ShiftRequests": sagemaker(
            "updateEndpointWeightsAndCapacities",
            "{% $plan.shift %}",
            Catch=FAILED,
            Next="LookAtEndpoint",
        ),
    }


def _watch(times: DeploymentTimes) -> dict[str, Any]:
    asked_for = (
        "$status = 'InService' and $live = $plan.endpoint.EndpointConfigName "
        "and $abs($share - $plan.new_share) < 0.001"
    )
    return {
        "LookAtEndpoint": sagemaker(
            "describeEndpoint",
            {"EndpointName": "{% $plan.endpoint.EndpointName %}"},
            Assign={
                "looks": "{% $looks + 1 %}",
                "status": "{% $states.result.EndpointStatus %}",
                "live": "{% '' & $states.result.EndpointConfigName %}",
                "failure": "{% '' & $states.result.FailureReason %}",
                "share": f"{{% {_SHARE} %}}",
            },
            Catch=FAILED,
            Next="IsInService",
        ),
        # An update that SageMaker itself took back ends InService as well, with the
        # configuration from before.
        "IsInService": {
            "Type": "Choice",
            "Choices": [
                # Both models have proved themselves before.
                {
                    "Condition": f"{{% {asked_for} and $plan.kind = 'shift' %}}",
                    "Next": "TellLive",
                },
                {
                    "Condition": f"{{% {asked_for} %}}",
                    "Next": "Bake" if times.bake_seconds else "SmokeTest",
                },
                {
                    "Condition": f"{{% $status in {TRANSITIONAL} and $looks < {times.looks} %}}",
                    "Next": "WaitForEndpoint",
                },
            ],
            "Default": "NotInService",
        },
        "WaitForEndpoint": {
            "Type": "Wait",
            "Seconds": times.pause_seconds,
            "Next": "LookAtEndpoint",
        },
        "NotInService": {
            "Type": "Pass",
            "Assign": {
                "reason": (
                    "{% 'The endpoint is ' & $status & ' with ' & $live & ' and a share of ' & "
                    "$share & ' for a new model beside the old one, not InService with ' & "
                    "$plan.endpoint.EndpointConfigName & ' and a share of ' & $plan.new_share & "
                    f"($status in {TRANSITIONAL} ? ' after {times.timeout_seconds} seconds' : '')"
                    " & ($failure != '' ? ': ' & $failure : '') %}"
                )
            },
            "Next": "RollBack",
        },
    }
