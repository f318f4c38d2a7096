"""The batch state machine: what is new under the prefix is answered, run after run.

Executions wait for each other. Since each takes all that is new when its turn comes, only one
need wait: an execution that finds another one waiting already has nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.constructs.states import (
    EARLIER_EXECUTIONS,
    ERROR,
    OWN_EXECUTION,
    caught,
    invoke,
    publish,
    sagemaker,
    sfn,
)

# An execution fails at the 25,000th event of its history, and a look at a job writes nine: with
# the longest pause between them they make 19,440 in three days. Who comes later goes on with a
# run that was not done.
TIMEOUT_SECONDS = 3 * 24 * 3600
LONGEST_PAUSE_SECONDS = 120
JOB_SECONDS = 24 * 3600
"""That a transform job may take before it is stopped."""
MAX_RUNS = 20
"""Of one execution. For what came meanwhile, another one waits for its turn."""
MAX_RESTS = 20
"""Times that files still came, after which a run takes what is there: each of them is whole."""
_QUOTA_SECONDS = 300
_QUOTA_TRIES = 12

_FAILED = caught("TellFailure")


@dataclass(frozen=True, kw_only=True)
class BatchCalls:
    """ARNs of what the state machine calls, and of itself; `workload` is for the notices."""

    freeze: str
    advance: str
    alert_topic: str
    state_machine: str
    workload: str


def batch_definition(*, calls: BatchCalls, quiet_seconds: int, poll_seconds: int) -> dict[str, Any]:
    """The definition; input is `{}`, or `{"again": run}` for the failed inputs of that run.

    Args:
        quiet_seconds: without a new object, before a run takes what is there.
        poll_seconds: between the first looks at a job; the later ones are further apart.
    """
    return {
        "Comment": f"Answers what is new under the batch prefix of {calls.workload}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Begin",
        "States": {
            **_wait_for_turn(calls, quiet_seconds, poll_seconds),
            **_freeze(calls),
            **_advance(calls, poll_seconds),
            **_watch(max(LONGEST_PAUSE_SECONDS, poll_seconds)),
            **_end(calls),
        },
    }


def _wait_for_turn(calls: BatchCalls, quiet_seconds: int, poll_seconds: int) -> dict[str, Any]:
    return {
        "Begin": {
            "Type": "Pass",
            "Assign": {
                "execution": "{% $states.context.Execution.Id %}",
                "again": "{% '' & $states.input.again %}",
                "rests": 0,
                "runs": 0,
                "reports": "{% '' %}",
                "turnSeconds": poll_seconds,
            },
            "Next": "WaitForQuiet",
        },
        # First of all: see lambdas/serving/gather.py on why no upload is missed.
        "WaitForQuiet": {
            "Type": "Wait",
            "Seconds": quiet_seconds,
            "Next": "LookForEarlierExecutions",
        },
        "LookForEarlierExecutions": sfn(
            "listExecutions",
            {"StateMachineArn": calls.state_machine, "StatusFilter": "RUNNING"},
            # Not listed yet: like one that has to wait.
            Assign={
                "earlier": f"{{% ({OWN_EXECUTION}; $exists($own) ? "
                f"$count({EARLIER_EXECUTIONS}) : 1) %}}"
            },
            Catch=_FAILED,
            Next="IsItsTurn",
        ),
        "IsItsTurn": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $earlier = 0 %}", "Next": "Freeze"},
                {"Condition": "{% $earlier > 1 and $again = '' %}", "Next": "AnotherOneWaits"},
            ],
            "Default": "WaitForTurn",
        },
        "AnotherOneWaits": {
            "Type": "Succeed",
            "Output": {"outcome": "covered", "detail": "an earlier execution takes it all"},
        },
        "WaitForTurn": {
            "Type": "Wait",
            "Seconds": "{% $turnSeconds %}",
            "Assign": {"turnSeconds": "{% $min([300, $ceil($turnSeconds * 1.2)]) %}"},
            "Next": "LookForEarlierExecutions",
        },
    }


def _freeze(calls: BatchCalls) -> dict[str, Any]:
    answer = "$states.result.Payload"
    return {
        "Freeze": invoke(
            calls.freeze,
            {"overdue": f"{{% $rests >= {MAX_RESTS} %}}", "again": "{% $again %}"},
            Assign={
                "outcome": f"{{% {answer}.outcome %}}",
                "detail": f"{{% {answer}.detail %}}",
                "run": f"{{% '' & {answer}.run %}}",
                "close": f"{{% {answer}.close = true %}}",
                "restSeconds": f"{{% {answer}.wait_seconds ? {answer}.wait_seconds : 1 %}}",
            },
            Catch=_FAILED,
            Next="WhatIsThere",
        ),
        "WhatIsThere": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $outcome = 'run' %}", "Next": "Advance"},
                {"Condition": "{% $outcome = 'wait' %}", "Next": "WaitForRest"},
                {"Condition": "{% $outcome = 'no_champion' %}", "Next": "TellNoChampion"},
            ],
            "Default": "Done",
        },
        "WaitForRest": {
            "Type": "Wait",
            "Seconds": "{% $restSeconds %}",
            "Assign": {"rests": "{% $rests + 1 %}"},
            "Next": "Freeze",
        },
        "TellNoChampion": publish(
            calls.alert_topic,
            subject=f"Batch waits for a model: {calls.workload}"[:99],
            message="{% $detail & '\\nExecution: ' & $execution %}",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
            Next="Done",
        ),
    }


def _advance(calls: BatchCalls, poll_seconds: int) -> dict[str, Any]:
    answer = "$states.result.Payload"
    create = sagemaker(
        "createTransformJob",
        "{% $request %}",
        # A job of this name may be there from before a crash, or from a try whose answer was
        # lost: the look tells.
        Catch=[
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"notMade": f"{{% {ERROR} %}}"},
                "Next": "LookAtJob",
            }
        ],
        Next="LookAtJob",
    )
    create["Retry"] = [
        # The account's quota of instances is used up by others for now.
        {
            "ErrorEquals": ["SageMaker.ResourceLimitExceededException"],
            "IntervalSeconds": _QUOTA_SECONDS,
            "MaxAttempts": _QUOTA_TRIES,
            "BackoffRate": 1,
        },
        *create["Retry"],
    ]
    return {
        "Advance": invoke(
            calls.advance,
            {"run": "{% $run %}", "close": "{% $close %}"},
            Assign={
                "outcome": f"{{% {answer}.outcome %}}",
                "detail": f"{{% '' & {answer}.detail %}}",
                "headline": f"{{% '' & {answer}.headline %}}",
                "job": f"{{% '' & {answer}.job %}}",
                "request": f"{{% $exists({answer}.request) ? {answer}.request : {{}} %}}",
                "report": f"{{% '' & {answer}.report %}}",
                "notMade": "{% '' %}",
                "looks": 0,
                "jobSeconds": poll_seconds,
            },
            Catch=_FAILED,
            Next="WhatComesNext",
        ),
        "WhatComesNext": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $outcome = 'job' %}", "Next": "CreateTransformJob"},
                {"Condition": "{% $outcome = 'look' %}", "Next": "LookAtJob"},
                {"Condition": "{% $outcome = 'again' %}", "Next": "Advance"},
                {"Condition": "{% $outcome = 'done' %}", "Next": "TellResult"},
            ],
            "Default": "Stuck",
        },
        "CreateTransformJob": create,
        "Stuck": {
            "Type": "Pass",
            "Assign": {
                "reason": "{% 'SageMaker failed job after job for ' & $run & ': ' & $detail %}"
            },
            "Next": "TellFailure",
        },
    }


def _watch(longest_pause: int) -> dict[str, Any]:
    looks = JOB_SECONDS // longest_pause
    return {
        "LookAtJob": sagemaker(
            "describeTransformJob",
            {"TransformJobName": "{% $job %}"},
            Assign={
                "status": "{% $states.result.TransformJobStatus %}",
                "looks": "{% $looks + 1 %}",
            },
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "reason": "{% $notMade != '' ? 'The transform job ' & $job & ' was not "
                        f"made: ' & $notMade : {ERROR} %}}"
                    },
                    "Next": "TellFailure",
                }
            ],
            Next="IsJobDone",
        ),
        "IsJobDone": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $status = 'InProgress' and $looks = {looks} %}}",
                    "Next": "StopJob",
                },
                {"Condition": "{% $status in ['InProgress', 'Stopping'] %}", "Next": "WaitForJob"},
            ],
            "Default": "Advance",
        },
        "WaitForJob": {
            "Type": "Wait",
            "Seconds": "{% $jobSeconds %}",
            "Assign": {"jobSeconds": f"{{% $min([{longest_pause}, $ceil($jobSeconds * 1.2)]) %}}"},
            "Next": "LookAtJob",
        },
        # It may have ended this moment: the next look tells.
        "StopJob": sagemaker(
            "stopTransformJob",
            {"TransformJobName": "{% $job %}"},
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "WaitForJob"}],
            Next="WaitForJob",
        ),
    }


def _end(calls: BatchCalls) -> dict[str, Any]:
    return {
        "TellResult": publish(
            calls.alert_topic,
            subject="{% $headline %}",
            message="{% $detail & '\\nExecution: ' & $execution %}",
            # The answers are there whether anyone hears of it or not.
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "CountRun"}],
            Next="CountRun",
        ),
        "CountRun": {
            "Type": "Pass",
            "Assign": {
                "runs": "{% $runs + 1 %}",
                "reports": "{% $reports = '' ? $report : $reports & ' ' & $report %}",
                "rests": 0,
                "again": "{% '' %}",
            },
            "Next": "MayGoOn",
        },
        # Files may have come meanwhile.
        "MayGoOn": {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% $runs < {MAX_RUNS} %}}", "Next": "Freeze"}],
            "Default": "Done",
        },
        "Done": {
            "Type": "Succeed",
            "Output": {
                "outcome": "{% $runs > 0 ? 'answered' : $outcome %}",
                "detail": "{% $detail %}",
                "reports": "{% $reports %}",
            },
        },
        "TellFailure": publish(
            calls.alert_topic,
            subject=f"Batch stopped: {calls.workload}"[:99],
            message="{% $reason & '\\nNothing is lost: the next upload, the schedule or an "
            "execution by hand goes on from there. Execution: ' & $execution %}",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            Next="Failed",
        ),
        "Failed": {"Type": "Fail", "Error": "BatchStopped", "Cause": "{% $reason %}"},
    }
