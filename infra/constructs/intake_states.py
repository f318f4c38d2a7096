"""The intake state machine: wait until an upload is quiet, freeze it, start the pipeline."""

from __future__ import annotations

from typing import Any

from infra.constructs.states import invoke, plain, publish, send

# An upload that never falls quiet is frozen after a time that the settings limit to a week.
TIMEOUT_SECONDS = 14 * 24 * 3600


def intake_definition(
    *,
    quiet_seconds: int,
    check_quiet: str,
    freeze: str,
    release: str,
    dead_letters_url: str,
    alert_topic_arn: str,
) -> dict[str, Any]:
    """The definition; input is `{"workload": name}`.

    Args:
        quiet_seconds: first wait; how long to wait again is `check_quiet`'s answer.
        check_quiet: ARN of the function that answers `{"quiet", "wait_seconds"}`.
        freeze: ARN of the function that answers `{"outcome", "detail"}`, where outcome is
            `started`, `unchanged`, `empty` or `again`.
        release: ARN of the function that lets the next upload start afresh.
    """
    workload = {"workload": "{% $workload %}"}
    failed = [
        {
            "ErrorEquals": ["States.ALL"],
            "Assign": {"fault": "{% $states.errorOutput %}"},
            "Next": "Release",
        }
    ]
    return {
        "Comment": "Waits until an upload is quiet, freezes it and starts the pipeline",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Begin",
        "States": {
            "Begin": {
                "Type": "Pass",
                "Assign": {
                    "workload": "{% $states.input.workload %}",
                    "execution": "{% $states.context.Execution.Id %}",
                    "waitSeconds": quiet_seconds,
                },
                "Next": "WaitForQuiet",
            },
            "WaitForQuiet": {
                "Type": "Wait",
                "Seconds": "{% $waitSeconds %}",
                "Next": "CheckQuiet",
            },
            "CheckQuiet": invoke(
                check_quiet,
                workload,
                Assign={
                    "quiet": "{% $states.result.Payload.quiet %}",
                    "waitSeconds": "{% $states.result.Payload.wait_seconds %}",
                },
                Catch=failed,
                Next="IsQuiet",
            ),
            "IsQuiet": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $quiet %}", "Next": "Freeze"}],
                "Default": "WaitForQuiet",
            },
            "Freeze": invoke(
                freeze,
                workload,
                Assign={
                    "outcome": "{% $states.result.Payload.outcome %}",
                    "detail": "{% $states.result.Payload.detail %}",
                    "waitSeconds": quiet_seconds,
                },
                Output="{% $states.result.Payload %}",
                Catch=failed,
                Next="Outcome",
            ),
            "Outcome": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $outcome = 'again' %}", "Next": "WaitForQuiet"},
                    {"Condition": "{% $outcome = 'empty' %}", "Next": "TellNothingToFreeze"},
                ],
                "Default": "Done",
            },
            "TellNothingToFreeze": publish(
                alert_topic_arn,
                subject="{% $substring('Nothing to train on: ' & $workload, 0, 99) %}",
                message="{% $detail %}",
                Output="{% $states.input %}",
                Catch=failed,
                Next="Done",
            ),
            "Done": {"Type": "Succeed"},
            "Release": invoke(
                release,
                workload,
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "KeepFailure"}],
                Next="KeepFailure",
            ),
            "KeepFailure": send(
                dead_letters_url,
                {
                    "workload": "{% $workload %}",
                    "error": "{% $fault.Error %}",
                    "cause": "{% $fault.Cause %}",
                    "execution": "{% $execution %}",
                },
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "TellFailure"}],
                Next="TellFailure",
            ),
            "TellFailure": publish(
                alert_topic_arn,
                subject="{% $substring('Intake failed: ' & $workload, 0, 99) %}",
                message=(
                    "{% 'The upload of ' & $workload & ' was not frozen: ' & $fault.Error & ': ' & "
                    + plain("$fault.Cause")
                    + " & '. Upload again, or start the state machine again with "
                    'input {"workload": "\' & $workload & \'"}. Execution: \' & $execution %}'
                ),
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
                Next="Failed",
            ),
            "Failed": {
                "Type": "Fail",
                "Error": "{% $fault.Error %}",
                "Cause": "{% $fault.Cause %}",
            },
        },
    }
