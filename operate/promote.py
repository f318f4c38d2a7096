"""The command that brings a model package into an environment from the one before it."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from operate.account import Account
from operate.errors import OperateError

# As long as the function may take, and what Lambda needs besides.
_PATIENCE_SECONDS = 15 * 60 + 30


def promote(
    account: Account, console: Console, *, environment: str, workload: str, version: str | None
) -> None:
    """Promote a version, or what is live in the environment before, and print what was done.

    Raises:
        OperateError: no environment comes before this one, or the package is refused.
    """
    if version is not None and (not version.isdigit() or not int(version)):
        raise OperateError(
            f"version: {version!r} is no version of a model package; allowed is a number from 1 "
            "up, such as 3, or none for what is live in the environment before"
        )
    function = account.stack_output(environment, "deployment", "PromoteFunctionName")
    request = {"workload": workload, **({"version": int(version)} if version else {})}
    done = _invoke(account, function, request)
    if done["nothing_to_do"]:
        console.print("nothing to do, it was promoted before")
    console.print(done["summary"])
    console.print(f"from {done['promoted_from']}")
    console.print(f"to   {done['package']}")
    console.print(f"model.tar.gz has the SHA-256 {done['model_sha256']}")
    if done["copied_objects"]:
        console.print(f"{done['copied_objects']} objects were copied")
    if done["status"] == "PendingManualApproval":
        place = f"ENV={environment} WORKLOAD={workload}"
        console.print(f"approve it here: make approve {place} VERSION={done['version']}")


def _invoke(account: Account, function: str, request: dict[str, Any]) -> dict[str, Any]:
    # Asked once: the function goes on while nobody listens, and asking again is safe but long.
    client = account.client("lambda", attempts=1, answer_seconds=_PATIENCE_SECONDS)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(request).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise OperateError(
            f"nothing was promoted: {told.get('errorMessage', told)}\n"
            f"({told.get('errorType', 'error')} of the function {function})"
        )
    return told
