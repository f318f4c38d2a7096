"""The deployment state machine: an approved model package goes live, or what served stays.

`$plan` is what the function `plan` answered: the requests to make and what served before.
Every failure passes through `RollBack`, which also handles that nothing was made yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from infra.constructs.states import invoke, plain, publish, sagemaker, sfn

# Deployments of one endpoint wait for each other, and each may take hours.
TIMEOUT_SECONDS = 7 * 24 * 3600

# An execution fails at the 25,000th event of its history, and a look writes nine: no loop may
# look more often than this, however the settings are.
MAX_LOOKS = 800
# Looks for its turn come ever later, and at last this often: some 700 in the week.
MAX_TURN_SECONDS = 900

_CAUSE = plain("$states.errorOutput.Cause")
_FAILED = [
    {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"reason": f"{{% $states.errorOutput.Error & ': ' & {_CAUSE} %}}"},
        "Next": "RollBack",
    }
]
_TRANSITIONAL = "['Creating', 'Updating', 'SystemUpdating', 'RollingBack']"


@dataclass(frozen=True)
class DeploymentCalls:
    """ARNs of what the state machine calls, and of itself.

    Attributes:
        plan: answers the requests to make for an approval event.
        smoke_test: answers `{"passed", "detail"}`.
        roll_back: does one move towards what served before, answers `{"done", "detail"}`.
        clean_up: deletes what no deployment needs any more.
        alert_topic: hears how each deployment ended.
        state_machine: whose earlier executions are waited for.
    """

    plan: str
    smoke_test: str
    roll_back: str
    clean_up: str
    alert_topic: str
    state_machine: str


@dataclass(frozen=True)
class DeploymentTimes:
    """How long the state machine waits.

    Attributes:
        poll_seconds: between two looks at the endpoint, or longer where the timeout would take
            more than MAX_LOOKS of them.
        timeout_seconds: that the endpoint may take to be in service, and again to roll back.
        bake_seconds: that the new version serves before the smoke test.
    """

    poll_seconds: int
    timeout_seconds: int
    bake_seconds: int

    @property
    def pause_seconds(self) -> int:
        """How long it is between two looks."""
        return max(self.poll_seconds, math.ceil(self.timeout_seconds / MAX_LOOKS))

    @property
    def looks(self) -> int:
        """How often the endpoint is looked at before the time is over."""
        return max(1, self.timeout_seconds // self.pause_seconds)


def deployment_definition(*, calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    """The definition; input is SageMaker's event of the approval."""
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
            **_prove(calls, times),
            **_roll_back(calls, times),
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
            Catch=_FAILED,
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
        Catch=_FAILED,
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
            "Choices": [{"Condition": "{% $plan.nothing_to_do %}", "Next": "Live"}],
            "Default": "CreateModel",
        },
    }


def _make() -> dict[str, Any]:
    return {
        "CreateModel": sagemaker(
            "createModel", "{% $plan.model %}", Catch=_FAILED, Next="CreateEndpointConfig"
        ),
        "CreateEndpointConfig": sagemaker(
            "createEndpointConfig",
            "{% $plan.endpoint_config %}",
            Catch=_FAILED,
            Next="IsThereAnEndpoint",
        ),
        "IsThereAnEndpoint": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $plan.endpoint_exists %}", "Next": "UpdateEndpoint"}],
            "Default": "CreateEndpoint",
        },
        "CreateEndpoint": sagemaker(
            "createEndpoint", "{% $plan.endpoint %}", Catch=_FAILED, Next="LookAtEndpoint"
        ),
        "UpdateEndpoint": sagemaker(
            "updateEndpoint", "{% $plan.endpoint %}", Catch=_FAILED, Next="LookAtEndpoint"
        ),
    }


def _watch(times: DeploymentTimes) -> dict[str, Any]:
    asked_for = "$live = $plan.endpoint.EndpointConfigName"
    return {
        "LookAtEndpoint": sagemaker(
            "describeEndpoint",
            {"EndpointName": "{% $plan.endpoint.EndpointName %}"},
            Assign={
                "looks": "{% $looks + 1 %}",
                "status": "{% $states.result.EndpointStatus %}",
                "live": "{% '' & $states.result.EndpointConfigName %}",
                "failure": "{% '' & $states.result.FailureReason %}",
            },
            Catch=_FAILED,
            Next="IsInService",
        ),
        # An update that SageMaker itself took back ends InService as well, with the
        # configuration from before.
        "IsInService": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $status = 'InService' and {asked_for} %}}",
                    "Next": "Bake" if times.bake_seconds else "SmokeTest",
                },
                {
                    "Condition": f"{{% $status in {_TRANSITIONAL} and $looks < {times.looks} %}}",
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
                    "{% 'The endpoint is ' & $status & ' with ' & $live & ', not InService with '"
                    " & $plan.endpoint.EndpointConfigName & "
                    f"($status in {_TRANSITIONAL} ? ' after {times.timeout_seconds} seconds' : '')"
                    " & ($failure != '' ? ': ' & $failure : '') %}"
                )
            },
            "Next": "RollBack",
        },
    }


def _prove(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
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
            Catch=_FAILED,
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
            Assign={"cleaned": "{% 'Removed: ' & $string($states.result.Payload.removed) %}"},
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
            subject="{% $substring('Live: ' & $plan.endpoint.EndpointConfigName, 0, 99) %}",
            message="{% $plan.summary & '\\n' & $smoke & '\\n' & $cleaned & '\\nExecution: ' "
            "& $execution %}",
            # The model is live whether anyone hears of it or not.
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Live"}],
            Next="Live",
        ),
        "Live": {"Type": "Succeed", "Output": "{% $plan %}"},
    }


def _roll_back(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
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
            subject="Deployment failed",
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
