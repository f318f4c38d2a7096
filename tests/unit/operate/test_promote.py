"""An operator brings a package into an environment."""

from __future__ import annotations

import io
import json
from typing import Any, cast

import pytest

from operate.__main__ import main
from operate.account import Account as RealAccount
from operate.errors import OperateError

PLACE = ["--env", "staging", "--workload", "birds"]
DONE = {
    "workload": "birds",
    "promoted_from": "arn:aws:sagemaker:eu-west-1:1:model-package/rookery-dev-birds/3",
    "package": "arn:aws:sagemaker:eu-west-1:2:model-package/rookery-staging-birds/1",
    "version": 1,
    "status": "PendingManualApproval",
    "model_sha256": "9f86",
    "copied_objects": 7,
    "nothing_to_do": False,
    "summary": "Version 3 of dev is version 1 of rookery-staging-birds",
}


class Account:
    """An account whose function of promotion answers with `answer`."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = DONE
        self.error = ""
        self.asked: list[dict[str, Any]] = []
        self.has_source = True

    def stack_output(self, environment: str, word: str, key: str) -> str:
        assert (environment, word, key) == ("staging", "deployment", "PromoteFunctionName")
        if not self.has_source:
            raise OperateError("the stack has no output PromoteFunctionName")
        return "promote-function"

    def client(self, service: str, **options: Any) -> Any:
        # A function that takes minutes is neither given up nor called twice.
        assert service == "lambda"
        assert options["attempts"] == 1
        assert options["answer_seconds"] > 900
        return self

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked.append({**request, "Payload": json.loads(request["Payload"])})
        payload = io.BytesIO(json.dumps(self.answer).encode())
        return {"Payload": payload, **({"FunctionError": self.error} if self.error else {})}


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def run(account: Account, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: str) -> tuple[int, str]:
        status = main(["promote", *arguments, *PLACE], account=cast(RealAccount, account))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [([], {"workload": "birds"}), (["--version", "3"], {"workload": "birds", "version": 3})],
)
def test_what_was_promoted_is_printed_with_the_command_that_approves_it(
    account: Account, run: Any, arguments: list[str], request_: dict[str, Any]
) -> None:
    status, printed = run(*arguments)

    assert status == 0, printed
    (asked,) = account.asked
    assert (asked["FunctionName"], asked["Payload"]) == ("promote-function", request_)
    assert DONE["summary"] in printed
    assert "SHA-256 9f86" in printed
    assert "7 objects were copied" in printed
    assert "make approve ENV=staging WORKLOAD=birds VERSION=1" in printed


def test_what_was_promoted_and_decided_before_is_said_to_be(account: Account, run: Any) -> None:
    account.answer = {**DONE, "status": "Approved", "copied_objects": 0, "nothing_to_do": True}

    status, printed = run()

    assert status == 0
    assert "nothing to do" in printed
    assert "make approve" not in printed


def test_a_refusal_is_told_in_the_function_s_words(account: Account, run: Any) -> None:
    account.error = "Unhandled"
    account.answer = {"errorType": "PromotionRefused", "errorMessage": "it is Rejected in dev"}

    status, printed = run()

    assert status == 1
    assert "nothing was promoted: it is Rejected in dev" in printed


@pytest.mark.parametrize("version", ["0", "latest", "-1"])
def test_what_is_no_version_is_refused(account: Account, run: Any, version: str) -> None:
    status, printed = run(f"--version={version}")

    assert (status, account.asked) == (1, [])
    assert "is no version" in printed


def test_an_environment_without_one_before_it_is_told(account: Account, run: Any) -> None:
    account.has_source = False

    status, printed = run()

    assert (status, account.asked) == (1, [])
    assert "PromoteFunctionName" in printed
