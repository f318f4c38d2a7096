"""The deployment state machine: an approved model package goes live, or what served stays.

Operators change a split of the endpoint's requests, roll back, and schedules pause and resume the
endpoint by it as well, so that the endpoint has one owner: where `action` is in the input
(`contracts.traffic_split`, `contracts.operator_requests`).

`$plan` is what the function `plan` answered (`lambdas.deployment.plan_document`): the requests to
make and what served before. Every failure passes through `RollBack`, which also handles that
nothing was made yet; only a pause, which goes back to nothing, is without.
"""

from __future__ import annotations

from typing import Any

from infra.constructs.deployment_approval_states import (
    FIRST_STATE,
    ApprovalCall,
    ask_a_person,
)
from infra.constructs.deployment_outcome_states import prove, roll_back, tell_failure
from infra.constructs.deployment_parts import (
    FAILED,
    TIMEOUT_SECONDS,
    DeploymentCalls,
    DeploymentTimes,
)
from infra.constructs.deployment_pause_states import pause_endpoint
from infra.constructs.deployment_shadow_states import let_shadow_answer
from infra.constructs.deployment_turn_states import wait_for_turn
from infra.constructs.deployment_watch_states import change_endpoint, watch_endpoint
from infra.constructs.states import invoke, sagemaker

# In mode batch, whose jobs use the model that the champion record names.
_MODEL_ALONE = "{% $plan.kind = 'model' %}"


def deployment_definition(
    *,
    calls: DeploymentCalls,
    times: DeploymentTimes,
    approval: ApprovalCall | None = None,
) -> dict[str, Any]:
    """The definition; input is SageMaker's event of the approval or an operator's request.

    Args:
        approval: where a person decides before anything is made.
    """
    return {
        "Comment": "Brings an approved model package live, or back what served before",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS + (approval.seconds if approval else 0),
        "StartAt": "Begin",
        "States": {
            **wait_for_turn(calls, times, then="Plan"),
            **_plan(calls, times, then=FIRST_STATE if approval else "WhatIsToBeMade"),
            **(ask_a_person(approval, then="WhatIsToBeMade") if approval else {}),
            **_make(calls),
            **let_shadow_answer(calls, times, then="CreateEndpointConfig"),
            **change_endpoint(calls),
            **watch_endpoint(calls, times, then="IsItToBake"),
            **prove(calls, times),
            **roll_back(calls, times),
            **tell_failure(calls),
            **pause_endpoint(calls, times),
        },
    }


def _plan(calls: DeploymentCalls, times: DeploymentTimes, *, then: str) -> dict[str, Any]:
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
    nothing_left = "$plan.nothing_to_do and $count($plan.keep) = 0"
    return {
        "Plan": plan,
        "IsAnythingToDo": {
            "Type": "Choice",
            "Choices": [
                {"Condition": f"{{% {nothing_left} %}}", "Next": "Live"},
                {"Condition": "{% $plan.nothing_to_do %}", "Next": "TidyUp"},
                {"Condition": "{% $plan.kind = 'shift' %}", "Next": "ShiftRequests"},
                {"Condition": "{% $plan.kind = 'pause' %}", "Next": "TakeDown"},
                # It serves as asked already, and was never proved.
                {"Condition": "{% $not($plan.update) %}", "Next": "LookAtEndpoint"},
            ],
            "Default": "Preflight",
        },
        "Preflight": invoke(
            calls.preflight,
            {"plan": "{% $plan %}"},
            Assign={"plan": "{% $merge([$plan, $states.result.Payload.plan]) %}"},
            Catch=FAILED,
            Next=then,
        ),
        # An execution that was stopped after its model was live may have left older ones.
        "TidyUp": invoke(
            calls.clean_up,
            {"plan": "{% $plan %}"},
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Live"}],
            Next="Live",
        ),
    }


def _make(calls: DeploymentCalls) -> dict[str, Any]:
    return {
        "WhatIsToBeMade": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $plan.make_model %}", "Next": "CreateModel"},
                {"Condition": _MODEL_ALONE, "Next": "IsThereANewChampion"},
                {"Condition": "{% $plan.make_config %}", "Next": "CreateEndpointConfig"},
            ],
            "Default": "IsThereAnEndpoint",
        },
        "CreateModel": sagemaker(
            "createModel", "{% $plan.model %}", Catch=FAILED, Next="DoesItTakeAnEndpoint"
        ),
        "DoesItTakeAnEndpoint": {
            "Type": "Choice",
            "Choices": [{"Condition": _MODEL_ALONE, "Next": "IsThereANewChampion"}],
            "Default": "IsThereAShadow" if calls.compare else "CreateEndpointConfig",
        },
        "CreateEndpointConfig": sagemaker(
            "createEndpointConfig",
            "{% $plan.endpoint_config %}",
            Catch=FAILED,
            Next="IsThereAnEndpoint",
        ),
    }
