"""The states of a deployment that judge it, and those that take it back."""

from __future__ import annotations

from typing import Any

from contracts.champion_record import FAILED_MARK
from infra.constructs.deployment_parts import FAILED, DeploymentCalls, DeploymentTimes
from infra.constructs.states import ERROR, invoke, publish, sagemaker, ssm

_AFTER = (
    "($decided != '' ? '\\n' & $decided : '') & "
    "($compared != '' ? '\\n' & $compared : '') & "
    "($smoke != '' ? '\\n' & $smoke : '') & ($recorded != '' ? '\\n' & $recorded : '') & "
    "($cleaned != '' ? '\\n' & $cleaned : '')"
)
_NOW = "$substring($now(), 0, 19) & 'Z'"
# SageMaker keeps 1024 characters of one line.
_MARK = f"$substring('{FAILED_MARK}: ' & $replace($reason, /\\s+/, ' '), 0, 1000)"


def prove(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    """Lets the new version serve for a while, asks it, records it, and tells that it is live."""
    return {**_judge(calls, times), **_record(calls), **_finish(calls)}


def _judge(calls: DeploymentCalls, times: DeploymentTimes) -> dict[str, Any]:
    return {
        # An update bakes in SageMaker, with the old instances at hand; what is made for the first
        # time has none.
        "IsItToBake": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $plan.bake %}", "Next": "Bake"}],
            "Default": "SmokeTest",
        },
        "Bake": {"Type": "Wait", "Seconds": times.bake_seconds, "Next": "SmokeTest"},
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
            "Choices": [{"Condition": "{% $passed %}", "Next": "IsThereANewChampion"}],
            "Default": "NotPassed",
        },
        "NotPassed": {
            "Type": "Pass",
            "Assign": {"reason": "{% 'Smoke test: ' & $smoke %}"},
            "Next": "RollBack",
        },
    }


def _record(calls: DeploymentCalls) -> dict[str, Any]:
    return {
        "IsThereANewChampion": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $exists($plan.champion.package) %}", "Next": "RecordChampion"}
            ],
            "Default": "CleanUp",
        },
        "RecordChampion": ssm(
            "putParameter",
            {
                "Name": calls.champion_parameter,
                "Description": "Which model serves, and what served before it",
                "Type": "String",
                "Overwrite": True,
                "Value": f"{{% $string($merge([$plan.champion, {{'deployed_at': {_NOW}}}])) %}}",
            },
            # It has proved itself, and taking it back would not mend the record.
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "recorded": "{% 'The champion record was not written, so that a roll-back "
                        "by hand does not know of this deployment; approve the package again to "
                        f"write it: ' & {ERROR} %}}"
                    },
                    "Next": "CleanUp",
                }
            ],
            Next="CleanUp",
        ),
    }


def _finish(calls: DeploymentCalls) -> dict[str, Any]:
    return {
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
                    "Assign": {"cleaned": f"{{% 'Older models were not removed: ' & {ERROR} %}}"},
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
            "Output": "{% $merge([$plan, {'smoke': $smoke, 'cleaned': $cleaned, "
            "'recorded': $recorded}]) %}",
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
                        f" & {ERROR} %}}"
                    },
                    "Next": "IsThereAPackageToMark",
                }
            ],
            Next="IsRolledBack",
        ),
        "IsRolledBack": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $rolledBack or $rollBackLooks >= {times.looks} %}}",
                    "Next": "IsThereAPackageToMark",
                }
            ],
            "Default": "WaitForRollBack",
        },
        "WaitForRollBack": {"Type": "Wait", "Seconds": times.pause_seconds, "Next": "RollBack"},
    }


def tell_failure(calls: DeploymentCalls) -> dict[str, Any]:
    """Marks the package, so that it is not tried again by itself, and tells why it failed."""
    return {
        "IsThereAPackageToMark": {
            "Type": "Choice",
            "Choices": [
                # Somebody took the approval back: their word stands.
                {
                    "Condition": "{% $exists($event.detail.ModelPackageArn) and "
                    "$not($contains($reason, 'ApprovalWithdrawn')) %}",
                    "Next": "MarkPackage",
                }
            ],
            "Default": "TellFailure",
        },
        "MarkPackage": sagemaker(
            "updateModelPackage",
            {
                "ModelPackageArn": "{% $event.detail.ModelPackageArn %}",
                "ModelApprovalStatus": "Rejected",
                "ApprovalDescription": f"{{% {_MARK} %}}",
            },
            Assign={
                "marked": "{% '\\nThe package is Rejected now, so that it is not tried again by "
                "itself; to try again, approve it again' %}"
            },
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "marked": "{% '\\nThe package could not be marked as rejected: ' & "
                        f"{ERROR} %}}"
                    },
                    "Next": "TellFailure",
                }
            ],
            Next="TellFailure",
        ),
        "TellFailure": publish(
            calls.alert_topic,
            subject="{% $exists($event.action) ? 'Failed: to ' & $replace('' & $event.action, '_', "
            "' ') & ($event.action in ['shift', 'end'] ? ' the split' : '') : "
            "'Deployment failed' %}",
            message="{% ($exists($plan.summary) ? $plan.summary : 'Nothing was planned') & "
            "'\\nReason: ' & $reason & '\\n' & $rollBackDetail & $marked & '\\nExecution: ' & "
            "$execution %}",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            Next="Failed",
        ),
        "Failed": {
            "Type": "Fail",
            "Error": "DeploymentFailed",
            "Cause": "{% $reason & ' | ' & $rollBackDetail %}",
        },
    }
