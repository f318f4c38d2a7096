"""An operator puts an earlier model back."""

from __future__ import annotations

from typing import Any, cast

import pytest

from operate import change
from operate.__main__ import main
from operate.account import Account as RealAccount
from tests.unit.lambdas.deployment_doubles import SageMaker, package, plan_for
from tests.unit.operate.doubles import EXECUTION, Account

PLACE = ["--env", "test", "--workload", "birds"]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """Version 4 serves, and version 3 did before."""
    monkeypatch.setattr(change, "POLL_SECONDS", 0.0)
    sagemaker = SageMaker()
    sagemaker.do(plan_for(sagemaker))
    sagemaker.packages[package(4)["ModelPackageArn"]] = package(4)
    sagemaker.do(plan_for(sagemaker, 4))
    return Account(sagemaker)


@pytest.fixture
def run(account: Account, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: str) -> tuple[int, str]:
        status = main(["roll-back", *arguments, *PLACE], account=cast(RealAccount, account))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


@pytest.mark.parametrize(
    ("arguments", "document"),
    [([], {"action": "roll_back"}), (["--to", "3"], {"action": "roll_back", "to": "3"})],
)
def test_a_roll_back_is_asked_of_the_state_machine_and_what_serves_is_printed(
    account: Account, run: Any, arguments: list[str], document: dict[str, str]
) -> None:
    status, printed = run(*arguments)

    assert status == 0, printed
    ((execution, asked),) = account.states.started.items()
    assert asked == document
    assert execution.startswith(f"{EXECUTION}roll-back-")
    assert "version 3 serves now, before version 4" in printed


@pytest.mark.parametrize("version", ["0", "v3", "-1", "latest", "²"])
def test_what_is_no_version_is_refused(account: Account, run: Any, version: str) -> None:
    status, printed = run(f"--to={version}")

    assert (status, account.states.started) == (1, {})
    assert "is no version" in printed


def test_a_deployment_in_progress_is_not_disturbed(account: Account, run: Any) -> None:
    account.states.running = [f"{EXECUTION}event-1"]

    status, printed = run()

    assert (status, account.states.started) == (1, {})
    assert "reject" in printed


def test_a_roll_back_that_fails_is_told_with_its_cause(account: Account, run: Any) -> None:
    account.states.fails = "ValueError: there is no earlier model | Nothing was changed"

    status, printed = run()

    assert status == 1
    assert "there is no earlier model\nNothing was changed" in printed


def test_batches_are_rolled_back_without_an_endpoint_to_look_at(
    account: Account, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account._sagemaker.endpoints.clear()
    told = {"nothing_to_do": False, "summary": "back to 3", "smoke": "", "cleaned": ""}
    monkeypatch.setattr(account, "_roll_back", lambda request: told)

    status, printed = run()

    assert status == 0, printed
    assert "back to 3" in printed
    assert "serves now" not in printed
