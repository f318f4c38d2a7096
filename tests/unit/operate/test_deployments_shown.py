"""The list of deployments, one with its states, and failures in plain words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from operate.__main__ import main
from operate.account import Account as RealAccount
from operate.failure import KINDS, read_failure
from operate.tables import duration
from tests.unit.lambdas.deployment_doubles import approval
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client
from tests.unit.operate.doubles import EXECUTION, MACHINE

PLACE = ["--env", "test", "--workload", "birds"]
BEGAN = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


def updates(kind: str) -> dict[str, Any]:
    """A plan that updates the endpoint in this way."""
    policy = {"TrafficRoutingConfiguration": {"Type": kind}}
    endpoint = {"EndpointName": "birds", "DeploymentConfig": {"BlueGreenUpdatePolicy": policy}}
    return {"nothing_to_do": False, "endpoint": endpoint, "summary": "Version 3 of birds"}


LIVE = updates("CANARY")


def entered(name: str, after: float) -> dict[str, Any]:
    return _event("TaskStateEntered", after, stateEnteredEventDetails={"name": name})


def left(name: str, after: float, output: Any = None) -> dict[str, Any]:
    details = {"name": name, "output": json.dumps(output or {})}
    return _event("TaskStateExited", after, stateExitedEventDetails=details)


def over(kind: str, after: float) -> dict[str, Any]:
    return _event(kind, after)


def _event(kind: str, after: float, **details: Any) -> dict[str, Any]:
    return {"timestamp": BEGAN.timestamp() + after, "type": kind, "id": 1, **details}


class Executions:
    """Executions by their names, each with the events of its history."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}

    def add(
        self, name: str, status: str, request: Any, *events: dict[str, Any], **more: Any
    ) -> None:
        self.found[EXECUTION + name] = {
            "executionArn": EXECUTION + name,
            "stateMachineArn": MACHINE,
            "name": name,
            "status": status,
            "startDate": BEGAN.timestamp(),
            **({} if status == "RUNNING" else {"stopDate": BEGAN.timestamp() + 90}),
            "input": json.dumps(request),
            **more,
        }
        self.events[EXECUTION + name] = list(events)

    def ListExecutions(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        wanted = ("executionArn", "stateMachineArn", "name", "status", "startDate")
        found = [{name: each[name] for name in wanted} for each in self.found.values()]
        return {"executions": found[::-1][: request["maxResults"]]}

    def DescribeExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = request["executionArn"]
        if arn not in self.found:
            raise ServiceError("ExecutionDoesNotExist", "Execution Does Not Exist")
        return self.found[arn]

    def GetExecutionHistory(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"events": self.events[request["executionArn"]]}


class Account:
    def __init__(self) -> None:
        self.executions = Executions()

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return wired_client("stepfunctions", by_methods(self.executions))

    def state_machine_arn(self, environment: str, workload: str) -> str:
        return MACHINE


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def run(account: Account, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: str) -> tuple[int, str]:
        status = main([*arguments, *PLACE], account=cast(RealAccount, account))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


def test_the_list_tells_of_each_what_it_was_and_how_it_ended(account: Account, run: Any) -> None:
    add = account.executions.add
    add("event-1", "SUCCEEDED", approval(3), output=json.dumps(LIVE))
    add(
        "event-2",
        "FAILED",
        approval(4),
        left("Plan", 1, {"Payload": updates("LINEAR")}),
        error="DeploymentFailed",
        cause="Smoke test: 2 of 4 differ | The endpoint serves x, as before",
    )
    add("shift-1", "SUCCEEDED", {"action": "shift", "share": 0.5}, output=json.dumps(LIVE))
    add("roll-back-1", "RUNNING", {"action": "roll_back", "to": "3"})
    add("event-3", "SUCCEEDED", approval(3), output=json.dumps({"nothing_to_do": True}))
    superseded = {"nothing_to_do": True, "superseded": True}
    add("event-5", "SUCCEEDED", approval(3), output=json.dumps(superseded))
    add("event-4", "TIMED_OUT", approval(5))

    ended, printed = run("deployments")

    assert ended == 0, printed
    table = {line.split()[0]: " ".join(line.split()[1:]) for line in printed.splitlines()}
    began = "2026-11-21 11:00:00"
    assert list(table)[1] == "event-4"
    assert table["event-1"] == f"version 3 canary live {began} 1 min 30 s"
    assert table["event-2"] == (
        f"version 4 linear failed {began} 1 min 30 s Smoke test: 2 of 4 differ"
    )
    assert table["shift-1"].startswith("shift to 0.5 canary live")
    assert table["roll-back-1"].startswith("roll back to version 3 - in progress")
    assert table["event-3"].startswith("version 3 - nothing to do")
    assert table["event-5"].startswith("version 3 - superseded")
    assert table["event-4"].startswith("version 5 - timed out")


def test_the_list_is_as_long_as_was_asked_for(account: Account, run: Any) -> None:
    for number in range(3):
        account.executions.add(f"event-{number}", "SUCCEEDED", approval(3), output=json.dumps(LIVE))

    assert run("deployments", "--last", "2")[1].count("event-") == 2
    ended, printed = run("deployments", "--last", "0")
    assert (ended, "from 1 to 100" in printed) == (1, True)


def test_without_any_deployment_that_is_said(run: Any) -> None:
    ended, printed = run("deployments")

    assert (ended, "no deployment yet" in printed) == (0, True)


def test_one_deployment_shows_how_long_each_state_took_all_times_together(
    account: Account, run: Any
) -> None:
    account.executions.add(
        "event-1",
        "FAILED",
        approval(4),
        over("ExecutionStarted", 0),
        entered("Plan", 0),
        left("Plan", 2, {"Payload": {"summary": "Version 4 of birds"}}),
        entered("LookAtEndpoint", 2),
        left("LookAtEndpoint", 3),
        entered("WaitForEndpoint", 3),
        left("WaitForEndpoint", 63),
        entered("LookAtEndpoint", 63),
        left("LookAtEndpoint", 65),
        entered("Failed", 70),
        over("ExecutionFailed", 71),
        error="DeploymentFailed",
        cause="Smoke test: 2 of 4 differ | The endpoint serves x, as before",
    )

    ended, printed = run("deployment", "event-1")

    assert ended == 0, printed
    rows = [" ".join(line.split()) for line in printed.splitlines()]
    assert rows[0] == f"version 4: failed, 1 min 30 s ({EXECUTION}event-1)"
    assert "Version 4 of birds" in rows
    assert rows[rows.index("state times took") + 1 :][:4] == [
        "Plan 1 2.0 s",
        "LookAtEndpoint 2 3.0 s",
        "WaitForEndpoint 1 1 min 0 s",
        "Failed 1 1.0 s",
    ]
    assert "why: the endpoint answered the held-out samples in another way" in printed
    assert "said: Smoke test: 2 of 4 differ\nsaid: The endpoint serves x, as before\n" in printed
    assert "next: look at which samples differ" in printed


def test_a_deployment_in_progress_shows_how_long_it_is_in_its_state(
    account: Account, run: Any
) -> None:
    account.executions.add("event-1", "RUNNING", approval(4), entered("Bake", 0))

    ended, printed = run("deployment", EXECUTION + "event-1")

    assert ended == 0, printed
    assert "version 4: in progress" in printed
    assert "Bake" in printed
    assert "why" not in printed


def test_an_execution_that_is_not_there_is_told(run: Any) -> None:
    ended, printed = run("deployment", "event-9")

    assert (ended, "there is no execution" in printed) == (1, True)


@pytest.mark.parametrize(
    ("cause", "means"),
    [
        ("SageMaker.ResourceLimitExceededException: ml.g5.xlarge", "may not run so many"),
        ("Rejected by arn:aws:sts::1:assumed-role/a/b: too slow", "said no"),
        ("Nobody decided: not decided in time", "nobody answered"),
        ("The alarm x-5xx rose", "an alarm rose"),
        ("primary container for variant did not pass the ping health check", "healthy"),
        ("InsufficientInstanceCapacity: try later", "no instance of this type free"),
        ("ModelPackageRefused: its digest differs", "not the one that was registered"),
        ("SageMaker.AccessDeniedException: User is not authorized", "may not do"),
        ("SplitIsOn: the endpoint splits its requests", "share the requests"),
        ("The endpoint is Updating after 300 seconds", "longer than"),
    ],
)
def test_each_kind_of_failure_is_told_in_plain_words(cause: str, means: str) -> None:
    failure = read_failure("DeploymentFailed", f"{cause} | The smoke test was not reached")

    assert means in failure.means
    assert failure.said[0] == cause
    assert failure.do


def test_a_failure_of_no_known_kind_is_told_as_it_was_said() -> None:
    failure = read_failure("DeploymentFailed", "the moon was full")

    assert (failure.means, failure.said) == ("", ("the moon was full",))
    assert "approve the package again" in failure.do


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (12, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_told_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(timedelta(seconds=seconds).total_seconds()) == text


def test_the_operators_page_tells_of_each_kind_of_failure() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "operators.md").read_text()

    for kind in KINDS:
        assert f"| {kind.means} | {kind.do} |" in page
