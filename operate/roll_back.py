"""The command that puts an earlier model back, through the same state machine as a deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from contracts import names
from contracts.operator_requests import OperatorRequestError, RollBackRequest
from operate.account import Account
from operate.change import Deployments
from operate.endpoint_view import read_endpoint, versions_served
from operate.errors import NoEndpointError, OperateError


def roll_back(
    account: Account, console: Console, *, environment: str, workload: str, version: str | None
) -> None:
    """Put the previous champion back, or the `version` named, and print what serves after it.

    Raises:
        OperateError: `version` is none, a deployment is in progress, or the execution did not
            succeed.
    """
    try:
        request = RollBackRequest.parse({"to": version}).as_input()
    except OperatorRequestError as error:
        raise OperateError(str(error)) from error
    sagemaker = account.client("sagemaker")
    deployments = Deployments.of(account, environment, workload)
    deployments.check_idle()
    endpoint = names.endpoint_name(environment, workload)
    before = _served(sagemaker, endpoint)
    output = deployments.run(request, console.print, now=datetime.now(UTC))
    after = _served(sagemaker, endpoint)
    if output.get("nothing_to_do"):
        console.print("nothing to do, it was so before")
    for text in (output.get("summary"), output.get("smoke"), output.get("cleaned")):
        if text:
            console.print(text)
    if after:
        console.print(f"version {after} serves now, before version {before or '-'}")


def _served(sagemaker: Any, endpoint: str) -> str:
    """The versions that answer requests; empty without an endpoint, as of batches."""
    try:
        return versions_served(sagemaker, read_endpoint(sagemaker, endpoint))
    except NoEndpointError:
        return ""
