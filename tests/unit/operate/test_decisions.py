"""Approvals and rejections: of packages in the registry, and of deployments on their page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from contracts.deployment_approval import ApprovalRecord, page_key, record_key
from operate.__main__ import main
from operate.account import Account as RealAccount
from tests.unit.lambdas.deployment_doubles import SageMaker, package
from tests.unit.operate.doubles import EXECUTION, OPERATOR, PACKAGES, Account

PLACE = ["--env", "test", "--workload", "birds"]
RECORD = ApprovalRecord(
    execution=f"{EXECUTION}event-1",
    model_package=f"{PACKAGES}/3",
    version=3,
    token="token",
    asked_at="2026-11-21T11:37:53+00:00",
    ends_at="2026-11-22T11:37:53+00:00",
)
KEY = ("artifacts", record_key("birds", "event-1"))


@pytest.fixture
def sagemaker() -> SageMaker:
    """Version 3 is approved already."""
    return SageMaker()


@pytest.fixture
def account(sagemaker: SageMaker) -> Account:
    return Account(sagemaker)


@pytest.fixture
def run(account: Account, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: str) -> tuple[int, str]:
        status = main([*arguments, *PLACE], account=cast(RealAccount, account))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


def let_wait(sagemaker: SageMaker, *versions: int) -> None:
    for version in versions:
        waiting = package(version, ModelApprovalStatus="PendingManualApproval")
        sagemaker.packages[waiting["ModelPackageArn"]] = waiting


def let_deployment_wait(account: Account) -> None:
    account.states.running = [RECORD.execution]
    account.states.tokens = {"token": None}
    account.objects.contents[KEY] = RECORD.to_json().encode()


@pytest.mark.parametrize(("command", "status"), [("approve", "Approved"), ("reject", "Rejected")])
def test_a_package_that_waits_alone_is_decided_about_by_name_of_who_did(
    sagemaker: SageMaker, run: Any, command: str, status: str
) -> None:
    let_wait(sagemaker, 4)

    ended, printed = run(command, "--reason", "looks fine")

    assert ended == 0, printed
    decided = sagemaker.packages[f"{PACKAGES}/4"]
    assert decided["ModelApprovalStatus"] == status
    assert decided["ApprovalDescription"] == f"{status} by {OPERATOR}: looks fine"
    assert f"{status} by {OPERATOR}: looks fine" in printed
    assert "version 4" in printed


def test_of_several_that_wait_none_is_taken_unless_one_is_named(
    sagemaker: SageMaker, run: Any
) -> None:
    let_wait(sagemaker, 4, 5)

    ended, printed = run("approve")

    assert ended == 1
    assert "several wait" in printed
    assert printed.index("version 5") < printed.index("version 4")
    assert sagemaker.calls == []

    ended, printed = run("approve", "--version", "4")

    assert ended == 0, printed
    assert sagemaker.calls == [f"UpdateModelPackage {PACKAGES}/4 Approved"]


def test_a_version_that_does_not_wait_is_told_with_what_does(
    sagemaker: SageMaker, run: Any
) -> None:
    let_wait(sagemaker, 4)

    ended, printed = run("reject", "--version", "3")

    assert (ended, sagemaker.calls) == (1, [])
    assert "version 3 does not wait" in printed
    assert "version 4, in the registry" in printed


def test_where_nothing_waits_that_is_said(run: Any) -> None:
    ended, printed = run("approve")

    assert ended == 1
    assert "nothing of rookery-test-birds waits" in printed


def test_a_deployment_that_waits_is_answered_and_its_record_says_by_whom(
    account: Account, run: Any
) -> None:
    let_deployment_wait(account)

    ended, printed = run("approve", "--reason", "compared both")

    assert ended == 0, printed
    text = f"Approved by {OPERATOR}: compared both"
    assert account.states.tokens == {"token": {"output": {"decision": "approved", "text": text}}}
    record = ApprovalRecord.parse(account.objects.contents[KEY])
    assert (record.decision, record.decided_by, record.reason) == (
        "approved",
        OPERATOR,
        "compared both",
    )
    assert RECORD.execution in printed


def test_a_rejected_deployment_fails_with_who_said_no_and_why(account: Account, run: Any) -> None:
    let_deployment_wait(account)

    ended, printed = run("reject", "--reason", "too slow")

    assert ended == 0, printed
    assert account.states.tokens["token"] == {
        "error": "DeploymentRejected",
        "cause": f"Rejected by {OPERATOR}: too slow",
    }
    assert "nothing made" in printed


def test_a_deployment_that_waits_no_longer_is_not_said_to_be_decided(
    account: Account, run: Any
) -> None:
    let_deployment_wait(account)
    account.states.tokens = {}

    ended, printed = run("approve")

    assert ended == 1
    assert "waits no longer" in printed
    assert ApprovalRecord.parse(account.objects.contents[KEY]).decision == ""


def test_a_deployment_and_a_package_that_both_wait_are_told_apart(
    sagemaker: SageMaker, account: Account, run: Any
) -> None:
    let_deployment_wait(account)
    let_wait(sagemaker, 4)

    ended, printed = run("approve")

    assert ended == 1
    assert "version 3, in its deployment until 2026-11-22" in printed
    assert "version 4, in the registry" in printed

    ended, printed = run("approve", "--version", "3")

    assert ended == 0, printed
    assert account.states.tokens["token"] is not None
    assert sagemaker.calls == []


def test_a_deployment_that_was_answered_or_never_asks_does_not_wait(
    account: Account, run: Any
) -> None:
    let_deployment_wait(account)
    account.states.running.append(f"{EXECUTION}shift-1")
    answered = RECORD.decided("approved", by=OPERATOR, at="now", reason="")
    account.objects.contents[KEY] = answered.to_json().encode()

    ended, printed = run("approve")

    assert (ended, account.states.tokens) == (1, {"token": None})
    assert "nothing" in printed


def test_a_record_that_cannot_be_read_is_named(account: Account, run: Any) -> None:
    let_deployment_wait(account)
    account.objects.contents[KEY] = b'{"version": 3}'

    ended, printed = run("approve")

    assert ended == 1
    assert f"s3://artifacts/{KEY[1]}" in printed


def test_the_page_is_fetched_with_the_evaluation_where_its_link_leads(
    account: Account, run: Any, tmp_path: Path
) -> None:
    let_deployment_wait(account)
    record = replace(RECORD, report_page="s3://artifacts/birds/run/evaluation/evaluation.html")
    contents = account.objects.contents
    contents[KEY] = record.to_json().encode()
    contents["artifacts", page_key("birds", "event-1")] = b"<html>the page"
    contents["artifacts", "birds/run/evaluation/evaluation.html"] = b"<html>figures"
    contents["artifacts", "birds/run/evaluation/roc.png"] = b"png"

    ended, printed = run("page", "--folder", str(tmp_path))

    assert ended == 0, printed
    page = tmp_path / "birds/deployments/event-1/approval.html"
    assert page.read_text() == "<html>the page"
    assert (page.parent / "../../run/evaluation/evaluation.html").read_text() == "<html>figures"
    assert (tmp_path / "birds/run/evaluation/roc.png").read_bytes() == b"png"
    assert page.as_uri() in printed
    assert record.ends_at in printed


def test_without_a_deployment_that_waits_there_is_no_page(run: Any, tmp_path: Path) -> None:
    ended, printed = run("page", "--folder", str(tmp_path))

    assert ended == 1
    assert "no deployment of birds in test waits" in printed
