"""The states in which a deployment waits for a person, before anything is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.deployment_approval import REJECTED_ERROR
from infra.constructs.deployment_parts import FAILED
from infra.constructs.states import RETRY_LAMBDA

FIRST_STATE = "IsAPersonToDecide"


@dataclass(frozen=True)
class ApprovalCall:
    """Attributes:
    ask: ARN of the function that asks; see `lambdas.deployment.approval_request`.
    timeout_hours: that a person has to decide.
    workload: whose deployment it is.
    """

    ask: str
    timeout_hours: int
    workload: str

    @property
    def seconds(self) -> int:
        """That a person has to decide."""
        return self.timeout_hours * 3600


def ask_a_person(call: ApprovalCall, *, then: str) -> dict[str, Any]:
    """The states that wait for a person; `then` follows where nobody is asked, or says yes.

    Nobody is asked about what operators ask for, nor about a model that serves already. The
    deployment fails where the answer is no, or comes too late: nothing was made so far.
    """
    late = f"Not decided in time: nobody answered within {call.timeout_hours} hours"
    return {
        FIRST_STATE: {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $plan.kind in ['deployment', 'model'] and $plan.make_model %}",
                    "Next": "AskForApproval",
                }
            ],
            "Default": then,
        },
        "AskForApproval": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {
                "FunctionName": call.ask,
                "Payload": {
                    "workload": call.workload,
                    "plan": "{% $plan %}",
                    "execution": "{% $execution %}",
                    "token": "{% $states.context.Task.Token %}",
                },
            },
            "TimeoutSeconds": call.seconds,
            "Assign": {"decided": "{% $states.result.text %}"},
            "Retry": list(RETRY_LAMBDA),
            "Catch": [
                {
                    "ErrorEquals": [REJECTED_ERROR],
                    "Assign": {"reason": "{% $states.errorOutput.Cause %}"},
                    "Next": "RollBack",
                },
                {
                    "ErrorEquals": ["States.Timeout"],
                    "Assign": {"reason": f"{{% '{late}' %}}"},
                    "Next": "RollBack",
                },
                *FAILED,
            ],
            "Next": then,
        },
    }
