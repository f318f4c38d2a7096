"""Commands that decide: approve or reject what waits for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from rich.console import Console

from contracts import names
from contracts.deployment_approval import APPROVED, REJECTED_ERROR, decision_text
from operate.account import Account
from operate.errors import OperateError
from operate.waiting import WaitingDeployment, WaitingPackage, choose, find_waiting

_OVER = ("TaskDoesNotExist", "TaskTimedOut", "InvalidToken")
# ApprovalDescription of UpdateModelPackage, and Cause of SendTaskFailure takes more.
_DESCRIPTION_CHARACTERS = 1024


def decide(
    account: Account,
    console: Console,
    *,
    environment: str,
    workload: str,
    decision: str,
    version: str | None,
    reason: str,
) -> None:
    """Approve or reject what waits, and print what that sets off.

    A deployment that waits on its page is answered before a package in the registry is.

    Raises:
        OperateError: nothing waits, it is not said which of several is meant, or it is too late.
    """
    group = names.model_package_group_name(environment, workload)
    waiting = find_waiting(account, environment=environment, workload=workload)
    chosen = choose(waiting, version=version, what=group)
    by = account.caller()
    text = decision_text(decision, by=by, reason=reason)
    place = f"ENV={environment} WORKLOAD={workload}"
    if isinstance(chosen, WaitingDeployment):
        _answer(account, chosen, decision=decision, by=by, reason=reason)
        console.print(f"{text}\nversion {chosen.version} of {group}, in {chosen.record.execution}")
        console.print(
            f"its deployment goes on: make deployments {place}"
            if decision == APPROVED
            else "its deployment ends with nothing made; what serves now goes on serving"
        )
        return
    _register(account, chosen, decision=decision, text=text)
    console.print(f"{text}\nversion {chosen.version} of {group}, in the registry")
    console.print(
        f"its deployment begins: make deployments {place}"
        if decision == APPROVED
        else "it is not deployed; what serves now goes on serving"
    )


def _register(account: Account, package: WaitingPackage, *, decision: str, text: str) -> None:
    account.client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=decision.capitalize(),
        ApprovalDescription=text[:_DESCRIPTION_CHARACTERS],
    )


def _answer(
    account: Account, waiting: WaitingDeployment, *, decision: str, by: str, reason: str
) -> None:
    """Answer the token, then say in the record who did. Raises OperateError."""
    states, token = account.client("stepfunctions"), waiting.record.token
    text = decision_text(decision, by=by, reason=reason)
    try:
        if decision == APPROVED:
            output = {"decision": decision, "text": text}
            states.send_task_success(taskToken=token, output=json.dumps(output))
        else:
            states.send_task_failure(taskToken=token, error=REJECTED_ERROR, cause=text)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _OVER:
            raise
        raise OperateError(
            f"{waiting.record.execution} waits no longer: it was answered, stopped, or ended at "
            f"{waiting.record.ends_at} without a decision"
        ) from error
    now = datetime.now(UTC).isoformat(timespec="seconds")
    decided = waiting.record.decided(decision, by=by, at=now, reason=reason)
    account.client("s3").put_object(
        Bucket=waiting.bucket,
        Key=waiting.key,
        Body=decided.to_json().encode(),
        ContentType="application/json",
    )
