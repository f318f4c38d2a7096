"""The states in which a deployment waits for its turn: one at a time, in order of approval.

The first in order goes on. One that waits while a newer approval waits too is superseded, and
ends well without a deployment; operators' executions are waited for and supersede nothing.
"""

from __future__ import annotations

from typing import Any

from contracts.operator_requests import EXECUTION_NAMES
from infra.constructs.deployment_parts import (
    FAILED,
    MAX_TURN_SECONDS,
    DeploymentCalls,
    DeploymentTimes,
)
from infra.constructs.states import EARLIER_EXECUTIONS, OWN_EXECUTION, publish, sfn

# ListExecutions answers with as many at most, the newest first. While there are more, the oldest
# are not seen: then nobody begins, and those that are superseded end until all are seen.
_MOST_LISTED = 1000

_NEWER = (
    "$states.result.Executions[(StartDate > $own.StartDate or "
    "(StartDate = $own.StartDate and ExecutionArn > $execution)) and "
    f"$not($contains(Name, /^({'|'.join(EXECUTION_NAMES)})-/))]"
)

# An event that is delivered again hours later starts a new execution for an old approval. It
# supersedes nothing: what counts is when somebody approved, in whole seconds, and of two
# approvals in one second the greater version.
_APPROVED = "('' & $newer.time)"
_OWN_APPROVED = "('' & $event.time)"
_SAME_PACKAGE = (
    "$newer.detail.ModelPackageArn = $event.detail.ModelPackageArn "
    f"and {_APPROVED} >= {_OWN_APPROVED}"
)
_LATER_APPROVAL = (
    f"{_APPROVED} > {_OWN_APPROVED} or ({_APPROVED} = {_OWN_APPROVED} "
    "and $newer.detail.ModelPackageVersion > $event.detail.ModelPackageVersion)"
)


def wait_for_turn(calls: DeploymentCalls, times: DeploymentTimes, *, then: str) -> dict[str, Any]:
    """From the start of the execution until its turn, which is state `then`."""
    return {**_begin(times), **_look(calls, then=then), **_superseded(calls)}


def _begin(times: DeploymentTimes) -> dict[str, Any]:
    return {
        "Begin": {
            "Type": "Pass",
            "Assign": {
                "event": "{% $states.input %}",
                "execution": "{% $states.context.Execution.Id %}",
                # Empty until there is one. A variable that is null is none to every engine.
                "plan": {},
                "newer": {},
                "seen": {},
                "probed": "{% '' %}",
                "decided": "{% '' %}",
                "compared": "{% '' %}",
                "smoke": "{% '' %}",
                "recorded": "{% '' %}",
                "cleaned": "{% '' %}",
                "marked": "{% '' %}",
                "looks": 0,
                "rollBackLooks": 0,
                "turnSeconds": times.pause_seconds,
            },
            "Next": "LetOthersBeSeen",
        },
        # ListExecutions is eventually consistent: of two that start at once each might not see
        # the other yet, and take itself for the first.
        "LetOthersBeSeen": {
            "Type": "Wait",
            "Seconds": times.settle_seconds,
            "Next": "LookForEarlierDeployments",
        },
    }


def _look(calls: DeploymentCalls, *, then: str) -> dict[str, Any]:
    # Two deployments at once would each take the other's endpoint for what served before.
    return {
        "LookForEarlierDeployments": sfn(
            "listExecutions",
            {
                "StateMachineArn": calls.state_machine,
                "StatusFilter": "RUNNING",
                "MaxResults": _MOST_LISTED,
            },
            Assign={
                "first": f"{{% ({OWN_EXECUTION}; $exists($own) and "
                "$not($exists($states.result.NextToken)) "
                f"and $count({EARLIER_EXECUTIONS}) = 0) %}}",
                "newerArn": "{% $exists($event.action) ? '' : "
                f"({OWN_EXECUTION}; $newest := {_NEWER}; "
                "$exists($newest) ? $newest[0].ExecutionArn : '') %}",
            },
            Catch=FAILED,
            Next="IsItsTurn",
        ),
        "IsItsTurn": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $first %}", "Next": then},
                {"Condition": "{% $newerArn != '' %}", "Next": "LookAtNewerDeployment"},
            ],
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


def _superseded(calls: DeploymentCalls) -> dict[str, Any]:
    return {
        "LookAtNewerDeployment": sfn(
            "describeExecution",
            {"ExecutionArn": "{% $newerArn %}"},
            Assign={"newer": "{% $parse($states.result.Input) %}"},
            # Whoever cannot be looked at supersedes nothing.
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "WaitForTurn"}],
            Next="IsItSuperseded",
        ),
        "IsItSuperseded": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $exists($newer.action) %}", "Next": "WaitForTurn"},
                # The same approval, delivered again: nothing to tell anyone.
                {"Condition": f"{{% {_SAME_PACKAGE} %}}", "Next": "Superseded"},
                {"Condition": f"{{% {_LATER_APPROVAL} %}}", "Next": "TellSuperseded"},
            ],
            "Default": "WaitForTurn",
        },
        "TellSuperseded": publish(
            calls.alert_topic,
            subject="{% 'Superseded: version ' & $event.detail.ModelPackageVersion & "
            "' is not deployed' %}",
            message="{% $event.detail.ModelPackageArn & ' waited for its turn when ' & "
            "$newer.detail.ModelPackageArn & ' was approved, which is deployed instead' & "
            "'\\nExecution: ' & $execution %}",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Superseded"}],
            Next="Superseded",
        ),
        "Superseded": {
            "Type": "Pass",
            "Output": {
                "nothing_to_do": True,
                "summary": "{% $event.detail.ModelPackageArn & ' was superseded by ' & "
                "$newerArn %}",
                "superseded": True,
                "smoke": "{% '' %}",
                "cleaned": "{% '' %}",
            },
            "End": True,
        },
    }
