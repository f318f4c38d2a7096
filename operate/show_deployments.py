"""Commands that look at deployments: the last ones, or one with all that it went through."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

from operate.account import Account
from operate.errors import OperateError
from operate.failure import read_failure
from operate.history import last_deployments, read_deployment, read_states
from operate.tables import deployments_table, duration, states_table

MOST_SHOWN = 100


def show_deployments(
    account: Account, console: Console, *, environment: str, workload: str, last: str
) -> None:
    """Print the `last` deployments, the newest first. Raises OperateError."""
    if not last.isdigit() or not 1 <= int(last) <= MOST_SHOWN:
        raise OperateError(f"last: {last!r} is no number from 1 to {MOST_SHOWN}")
    machine = account.state_machine_arn(environment, workload)
    found = last_deployments(account.client("stepfunctions"), machine, most=int(last))
    if not found:
        console.print(f"no deployment yet: {machine} was never started")
        return
    console.print(deployments_table(found, now=datetime.now(UTC)))


def show_deployment(
    account: Account, console: Console, *, environment: str, workload: str, execution: str
) -> None:
    """Print one deployment's states and, where it failed, why. Raises OperateError."""
    arn = execution
    if not execution.startswith("arn:"):
        machine = account.state_machine_arn(environment, workload)
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{execution}"
    states = account.client("stepfunctions")
    view, now = read_deployment(states, arn), datetime.now(UTC)
    took = duration(((view.ended or now) - view.started).total_seconds())
    console.print(f"{view.subject}: {view.outcome}, {took} ({view.arn})")
    if view.summary:
        console.print(view.summary)
    console.print(states_table(read_states(states, arn, now=now)))
    if view.failed:
        failure = read_failure(view.error, view.cause)
        if failure.means:
            console.print(f"why: {failure.means}")
        console.print("\n".join(f"said: {line}" for line in failure.said))
        console.print(f"next: {failure.do}")
