"""The command that puts an earlier model back, through the same state machine as a deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from contracts import names
from contracts.traffic_split import ACTION
from operate.account import Account
from operate.change import Deployments
from operate.endpoint_view import read_endpoint, versions_served
from operate.errors import OperateError

ROLL_BACK = "roll_back"


def roll_back(
    account: Account, console: Console, *, environment: str, workload: str, version: str | None
) -> None:
    """Put the previous champion back, or the `version` named, and print what serves after it.

    Raises:
        OperateError: `version` is none, there is no endpoint, a deployment is in progress, or
            the execution did not succeed.
    """
    request = _request(version)
    sagemaker = account.client("sagemaker")
    deployments = Deployments.of(account, environment, workload)
    deployments.check_idle()
    endpoint = names.endpoint_name(environment, workload)
    before = versions_served(sagemaker, read_endpoint(sagemaker, endpoint))
    output = deployments.run(request, console.print, now=datetime.now(UTC))
    after = versions_served(sagemaker, read_endpoint(sagemaker, endpoint))
    if output.get("nothing_to_do"):
        console.print("nothing to do, it was so before")
    for text in (output.get("summary"), output.get("smoke"), output.get("cleaned")):
        if text:
            console.print(text)
    console.print(f"version {after} serves now, before version {before}")


def _request(version: str | None) -> dict[str, Any]:
    """Input of the execution. Raises OperateError."""
    if version is None:
        return {ACTION: ROLL_BACK}
    if not version.isdigit() or not int(version):
        raise OperateError(
            f"version: {version!r} is no version of a model package; allowed is a number from 1 "
            "up, such as 3 (`deployments` lists those that were deployed)"
        )
    return {ACTION: ROLL_BACK, "to": str(int(version))}
