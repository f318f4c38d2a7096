"""The very package that serves in one environment comes to the next, where a person decides."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts import names
from tests.deployment_drill.configuration import ENVIRONMENT
from tests.deployment_drill.executions import StateMachine
from tests.deployment_drill.packages import Package
from tests.deployment_drill.two_environments import NEXT, Two, deployed

pytestmark = pytest.mark.deployment_drill

START_SECONDS = 60.0


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with deployed(tmp_path_factory.mktemp("two")) as found:
        yield found


def new_execution(machine: StateMachine, before: set[str]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if found := set(machine.all()) - before:
            return found.pop()
        time.sleep(0.2)
    raise AssertionError("no deployment began")


def let_serve_in_first(two: Two) -> Package:
    """A package that proved itself in the first environment."""
    machine, before = two.first.machine, set(two.first.machine.all())
    package = two.registry.register()
    two.registry.approve(package)
    ended = machine.await_end(new_execution(machine, before))
    assert ended.status == "SUCCEEDED", ended.cause
    return package


def ask_in_second(two: Two, capsys: pytest.CaptureFixture[str]) -> str:
    """Approve what waits in the second registry; the deployment that then waits on its page."""
    machine, before = two.second.machine, set(two.second.machine.all())
    status, printed = two.rookery(capsys, "approve", "--reason", "it served well before")
    assert status == 0, printed
    execution = new_execution(machine, before)
    assert machine.await_state(execution, "AskForApproval")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            two.second.record(execution)
        except ClientError:
            time.sleep(0.2)
            continue
        return execution
    raise AssertionError("nobody was asked")


def test_a_package_goes_from_one_environment_to_the_next_and_live_there(
    two: Two, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One test, as each step needs what the one before it left."""
    first = let_serve_in_first(two)
    status, printed = two.rookery(capsys, "promote")
    assert status == 0, printed
    (promoted,) = two.second.packages()
    assert promoted["ModelApprovalStatus"] == "PendingManualApproval"
    metadata = promoted["CustomerMetadataProperties"]
    (source,) = two.first.packages()
    assert metadata["promoted_from"] == first.arn
    kept = source["CustomerMetadataProperties"]
    assert metadata["model_sha256"] == kept["model_sha256"]
    assert metadata["dataset_version"] == kept["dataset_version"]

    status, printed = two.rookery(capsys, "promote")
    assert (status, "nothing to do" in printed) == (0, True), printed
    assert len(two.second.packages()) == 1

    execution = ask_in_second(two, capsys)
    assert two.second.served() == []
    page = two.second.page(execution)
    assert first.arn in page
    assert "accuracy" in page
    status, printed = two.rookery(capsys, "page", "--folder", str(tmp_path))
    assert status == 0, printed
    assert [file.read_text() for file in tmp_path.rglob("approval.html")] == [page]
    status, printed = two.rookery(capsys, "approve", "--reason", "the page looks right")
    assert status == 0, printed
    ended = two.second.machine.await_end(execution)
    assert ended.status == "SUCCEEDED", ended.cause
    assert two.second.served()
    record = two.second.record(execution)
    assert (record.decision, record.reason) == ("approved", "the page looks right")
    assert record.decided_by == two.account.caller()


def test_a_person_s_no_ends_the_deployment_with_nothing_made(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    before = two.second.served()
    let_serve_in_first(two)
    status, printed = two.rookery(capsys, "promote")
    assert status == 0, printed
    execution = ask_in_second(two, capsys)

    status, printed = two.rookery(capsys, "reject", "--reason", "not before the holidays")

    assert status == 0, printed
    ended = two.second.machine.await_end(execution)
    assert ended.status == "FAILED"
    assert "not before the holidays" in ended.cause
    assert two.second.served() == before
    package = two.second.packages()[0]
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "not before the holidays" in package["ApprovalDescription"]
    status, printed = two.rookery(capsys, "deployment", execution)
    assert "a person looked at the deployment's page and said no" in printed
    status, printed = two.rookery(capsys, "deployments")
    assert (status, printed.count("version 2")) == (0, 1), printed


def test_without_a_decision_in_time_the_deployment_ends(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    before, machine = two.second.served(), two.second.machine
    definition = machine.definition()
    short: dict[str, Any] = {**definition, "States": dict(definition["States"])}
    short["States"]["AskForApproval"] = {
        **definition["States"]["AskForApproval"],
        "TimeoutSeconds": 15,
    }
    machine.replace_definition(short)
    try:
        let_serve_in_first(two)
        assert two.rookery(capsys, "promote")[0] == 0
        ended = machine.await_end(ask_in_second(two, capsys))
    finally:
        machine.replace_definition(definition)

    assert ended.status == "FAILED"
    assert ended.cause.startswith("Not decided in time")
    assert two.second.served() == before
    status, printed = two.rookery(capsys, "approve")
    assert (status, "waits" in printed) == (1, True), printed


def test_what_does_not_serve_in_the_first_environment_stays_there(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    there = len(two.second.packages())
    waiting = two.registry.register()

    status, printed = two.rookery(capsys, "promote", "--version", waiting.version)
    assert status == 1
    assert "is PendingManualApproval" in printed
    status, printed = two.rookery(capsys, "promote", "--version", "1")
    assert status == 1
    assert "is not what serves" in printed
    assert len(two.second.packages()) == there


def test_an_operator_puts_the_model_from_before_back(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    old = let_serve_in_first(two)
    let_serve_in_first(two)

    status, printed = two.rookery(capsys, "roll-back", "--env", ENVIRONMENT)

    assert status == 0, printed
    assert f"version {old.version} serves now" in printed
    (config,) = two.first.served()
    assert f"-v{old.version}-" in config


def test_nobody_but_the_function_may_assume_the_role_of_the_first_environment(two: Two) -> None:
    cloud = two.first.cloud
    role = f"arn:aws:iam::{cloud.settings.account_id}:role/{names.promotion_role(ENVIRONMENT)}"
    identity = cloud.client("iam")
    intruder = identity.create_role(
        RoleName="intruder",
        AssumeRolePolicyDocument=(
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": '
            f'{{"AWS": "{cloud.settings.account_id}"}}, "Action": "sts:AssumeRole"}}]}}'
        ),
    )["Role"]["Arn"]
    identity.put_role_policy(
        RoleName="intruder",
        PolicyName="all",
        PolicyDocument='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        '"Action": "sts:AssumeRole", "Resource": "*"}]}',
    )
    given = cloud.client("sts").assume_role(RoleArn=intruder, RoleSessionName="test")["Credentials"]
    intruding = boto3.client(
        "sts",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=cloud.settings.region,
        endpoint_url=cloud.settings.endpoint_url,
        verify=str(cloud.settings.ca_bundle),
    )

    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        intruding.assume_role(
            RoleArn=role,
            RoleSessionName="test",
            ExternalId=names.promotion_external_id(ENVIRONMENT, NEXT),
        )
