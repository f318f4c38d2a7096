"""What operators are told by each command, and what is refused before anything is asked."""

from __future__ import annotations

from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from operate import account as accounts
from operate import change
from operate.__main__ import main
from operate.errors import OperateError
from tests.unit.lambdas.deployment_doubles import ENDPOINT, SageMaker, package, plan_for
from tests.unit.operate.doubles import Account

PLACE = ["--env", "test", "--workload", "birds"]
SHIFT = ["shift", "--share", "0.5"]
END = ["end", "--winner", "new"]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "POLL_SECONDS", 0.0)


@pytest.fixture
def sagemaker() -> SageMaker:
    """Version 3 serves."""
    double = SageMaker()
    double.do(plan_for(double))
    return double


@pytest.fixture
def split(sagemaker: SageMaker) -> SageMaker:
    """Version 4 has a tenth of the requests."""
    sagemaker.packages[package(4)["ModelPackageArn"]] = package(4)
    sagemaker.do(plan_for(sagemaker, 4, first_share=0.1))
    return sagemaker


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def command(account: Account, *arguments: str) -> tuple[int, str]:
        status = main([*arguments, *PLACE], account=cast(accounts.Account, account))
        printed = capsys.readouterr()
        assert bool(printed.err) == bool(status)
        return status, printed.out + printed.err

    return command


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()]


def test_a_shift_is_asked_of_the_state_machine_and_its_effect_is_printed(
    split: SageMaker, run: Any
) -> None:
    account = Account(split)

    status, printed = run(account, *SHIFT)

    assert status == 0, printed
    ((execution, document),) = account.states.started.items()
    assert document == {"action": "shift", "share": 0.5}
    assert f"execution {execution}" in printed
    assert printed.count("LookAtEndpoint") == 1
    assert "gets 50 % of the requests, before 10 %" in printed
    old, new = (row for row in rows(printed) if row[-1:] == ["%"])
    assert old[1:] == ["old", "90", "%", "50", "%"]
    assert new[1:] == ["new", "10", "%", "50", "%"]


def test_a_share_that_is_there_already_is_said_to_be(split: SageMaker, run: Any) -> None:
    status, printed = run(Account(split), "shift", "--share", "0.1")

    assert status == 0
    assert "nothing to do" in printed


@pytest.mark.parametrize(("winner", "shares"), [("new", ["0", "100"]), ("old", ["100", "0"])])
def test_an_end_prints_who_serves_alone(
    split: SageMaker, run: Any, winner: str, shares: list[str]
) -> None:
    status, printed = run(Account(split), "end", "--winner", winner)

    assert status == 0, printed
    assert f"the {winner} model" in printed
    assert [row[4] for row in rows(printed) if row[-1:] == ["%"]] == shares
    assert "Removed" in printed


def test_the_status_of_a_split_names_models_versions_shares_and_requests(
    split: SageMaker, run: Any
) -> None:
    account = Account(split)
    account.counts = {"Challenger": 12}

    status, printed = run(account, "status")

    assert status == 0
    assert f"endpoint {ENDPOINT} is InService" in printed
    assert "\na split is on" in printed
    old, new = (row for row in rows(printed) if row[:1] in (["AllTraffic"], ["Challenger"]))
    assert old[1:7] == ["old", "3", "90", "%", "0", "-"]
    assert new[1:7] == ["new", "4", "10", "%", "0", "12"]
    assert account.states.started == {}


def test_the_status_without_a_split_says_so(sagemaker: SageMaker, run: Any) -> None:
    status, printed = run(Account(sagemaker), "status")

    assert status == 0
    assert "no split is on" in printed
    assert "alone" in printed


@pytest.mark.parametrize("arguments", [SHIFT, END])
def test_without_a_split_nothing_is_asked(
    sagemaker: SageMaker, run: Any, arguments: list[str]
) -> None:
    account = Account(sagemaker)

    status, printed = run(account, *arguments)

    assert (status, account.states.started) == (1, {})
    assert "no split is on" in printed
    assert "serving.update: split" in printed


@pytest.mark.parametrize("arguments", [["status"], SHIFT, END])
def test_an_endpoint_that_is_not_there_is_named_with_its_region(
    run: Any, arguments: list[str]
) -> None:
    status, printed = run(Account(SageMaker()), *arguments)

    assert status == 1
    assert f"there is no endpoint {ENDPOINT}" in printed
    assert "eu-west-1" in printed


def test_a_deployment_in_progress_is_named_and_not_disturbed(split: SageMaker, run: Any) -> None:
    account = Account(split)
    account.states.running = ["arn:aws:states:eu-west-1:123456789012:execution:x:other"]

    status, printed = run(account, *SHIFT)

    assert (status, account.states.started) == (1, {})
    assert "a deployment is in progress" in printed
    assert account.states.running[0] in printed


def test_an_endpoint_in_the_middle_of_a_change_is_not_disturbed(split: SageMaker, run: Any) -> None:
    split.endpoints[ENDPOINT]["EndpointStatus"] = "Updating"
    account = Account(split)

    status, printed = run(account, *SHIFT)

    assert (status, account.states.started) == (1, {})
    assert "is Updating" in printed


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["shift", "--share", "1.5"], "from 0"),
        (["shift", "--share", "-0.1"], "from 0"),
        (["shift", "--share", "nan"], "from 0"),
        (["shift", "--share", "half"], "'half' is no number"),
        (["end", "--winner", "both"], "new and old"),
    ],
)
def test_what_is_no_share_and_no_winner_is_refused_with_what_is_allowed(
    split: SageMaker, run: Any, arguments: list[str], named: str
) -> None:
    account = Account(split)

    status, printed = run(account, *arguments)

    assert (status, account.states.started) == (1, {})
    assert named in printed


def test_an_execution_that_fails_is_told_with_its_cause(split: SageMaker, run: Any) -> None:
    account = Account(split)
    account.states.fails = "SageMaker: no capacity | The endpoint serves x, as before"

    status, printed = run(account, *SHIFT)

    assert status == 1
    assert "FAILED: DeploymentFailed\nSageMaker: no capacity\nThe endpoint serves x" in printed
    assert next(iter(account.states.started)) in printed


def test_a_workload_that_the_environment_does_not_have_is_told(split: SageMaker, run: Any) -> None:
    account = Account(split)
    account.states.missing = True

    status, printed = run(account, *SHIFT)

    assert status == 1
    assert "no such workload" in printed


def test_a_region_that_is_not_named_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(OperateError, match="AWS_REGION"):
        accounts.Account(boto3.Session()).client("sagemaker")


def test_credentials_that_are_missing_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Identity:
        def get_caller_identity(self) -> dict[str, str]:
            raise NoCredentialsError

    account = accounts.Account(boto3.Session(region_name="eu-west-1"))
    monkeypatch.setattr(account, "client", lambda service: Identity())

    with pytest.raises(OperateError, match="AWS_PROFILE"):
        account.state_machine_arn("test", "birds")


def test_the_state_machine_is_sought_in_the_caller_s_account_and_partition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Identity:
        meta = boto3.client("sts", region_name="cn-north-1").meta

        def get_caller_identity(self) -> dict[str, str]:
            return {"Arn": "arn:aws-cn:sts::123456789012:assumed-role/operator/me"}

    account = accounts.Account(boto3.Session(region_name="cn-north-1"))
    monkeypatch.setattr(account, "client", lambda service: Identity())

    assert account.state_machine_arn("test", "birds") == (
        "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:rookery-test-birds-deployment"
    )
