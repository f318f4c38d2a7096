"""The states that change the endpoint, and look at it until it is as it was asked to be."""

from __future__ import annotations

from typing import Any

from contracts.traffic_split import NEW_VARIANT
from infra.constructs.deployment_parts import (
    FAILED,
    TRANSITIONAL,
    DeploymentCalls,
    DeploymentTimes,
)
from infra.constructs.states import invoke, sagemaker

# Of the requests, which the new model of a split gets; the part that is missing in an endpoint
# without one, or in one that is still created, is 0.
_SHARE = (
    "($all := $states.result.ProductionVariants; "
    f"$new := $all[VariantName = '{NEW_VARIANT}'].CurrentWeight; "
    "$exists($new) ? $new / $sum($all.CurrentWeight) : 0)"
)
_AS_ASKED = (
    "$status = 'InService' and $live = $plan.endpoint.EndpointConfigName "
    "and $abs($share - $plan.new_share) < 0.001"
)


def change_endpoint(calls: DeploymentCalls) -> dict[str, Any]:
    """From `IsThereAnEndpoint` to the first look."""
    ask = {"plan": "{% $plan %}", "mode": "before"}
    return {
        "IsThereAnEndpoint": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $plan.probe %}", "Next": "AskBefore"},
                {"Condition": "{% $plan.endpoint_exists %}", "Next": "UpdateEndpoint"},
            ],
            "Default": "CreateEndpoint",
        },
        # What the endpoint answers now: while it is updated, either answer is right.
        "AskBefore": invoke(
            calls.smoke_test,
            ask,
            Assign={"seen": "{% $states.result.Payload %}"},
            # Then only the new model's answers are right during the update, which is stricter.
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "UpdateEndpoint"}],
            Next="UpdateEndpoint",
        ),
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


def look_at_endpoint(then: str) -> dict[str, Any]:
    """One look: counts it, and keeps the endpoint's status, configuration, failure and share."""
    return sagemaker(
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
        Next=then,
    )


def watch_endpoint(calls: DeploymentCalls, times: DeploymentTimes, *, then: str) -> dict[str, Any]:
    """From a look at the endpoint until it is as asked, which leads to state `then`."""
    goes_on = f"$status in {TRANSITIONAL} and $looks < {times.looks}"
    return {
        "LookAtEndpoint": look_at_endpoint("IsInService"),
        # An update that SageMaker itself took back ends InService as well, with the
        # configuration from before.
        "IsInService": {
            "Type": "Choice",
            "Choices": [
                # Both models have proved themselves before.
                {"Condition": f"{{% {_AS_ASKED} and $plan.kind = 'shift' %}}", "Next": "TellLive"},
                {"Condition": f"{{% {_AS_ASKED} %}}", "Next": then},
                {
                    "Condition": f"{{% {goes_on} and $status = 'Updating' and $plan.probe %}}",
                    "Next": "Probe",
                },
                {"Condition": f"{{% {goes_on} %}}", "Next": "WaitForEndpoint"},
            ],
            "Default": "NotInService",
        },
        # Publishes the metric of the alarm that lets SageMaker roll the update back.
        "Probe": invoke(
            calls.smoke_test,
            {"plan": "{% $plan %}", "mode": "probe", "seen": "{% $seen %}"},
            Assign={
                "seen": "{% $states.result.Payload %}",
                "probed": "{% $states.result.Payload.detail %}",
            },
            # The smoke test after the update judges without it.
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "probed": "{% 'The samples could not be sent during the update: ' & "
                        "$states.errorOutput.Error %}"
                    },
                    "Next": "WaitForEndpoint",
                }
            ],
            Next="WaitForEndpoint",
        ),
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
                    " & ($failure != '' ? ': ' & $failure : '') & "
                    "($probed != '' ? '; ' & $probed : '') %}"
                )
            },
            "Next": "RollBack",
        },
    }
