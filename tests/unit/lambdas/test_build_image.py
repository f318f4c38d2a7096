"""An image is built once for its content, however long that takes, and its failure is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.images import handler

DIGEST = "sha256:" + "a" * 64
EVENT = {
    "RequestType": "Create",
    "ResponseURL": "https://answer",
    "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/images/1",
    "RequestId": "1",
    "LogicalResourceId": "Build",
    "ResourceProperties": {"ProjectName": "p", "RepositoryName": "r", "ImageTag": "t"},
}


class Account:
    """CodeBuild, ECR and Lambda of an account, as boto3 clients."""

    def __init__(self, *statuses: str, there: bool = False) -> None:
        self.statuses = list(statuses)
        self.there = there
        self.started: list[dict[str, Any]] = []
        self.invoked: list[dict[str, Any]] = []

    def start_build(self, **request: Any) -> dict[str, Any]:
        self.started.append(request)
        return {"build": {"id": "p:1"}}

    def batch_get_builds(self, ids: list[str]) -> dict[str, Any]:
        status = self.statuses.pop(0)
        self.there = self.there or status == "SUCCEEDED"
        phase = {"phaseType": "BUILD", "contexts": [{"message": "exit status 1"}]}
        return {"builds": [{"id": ids[0], "buildStatus": status, "phases": [phase]}]}

    def describe_images(self, **request: Any) -> dict[str, Any]:
        assert request == {"repositoryName": "r", "imageIds": [{"imageTag": "t"}]}
        if not self.there:
            raise ClientError({"Error": {"Code": "ImageNotFoundException"}}, "DescribeImages")
        return {"imageDetails": [{"imageDigest": DIGEST}]}

    def invoke(self, **request: Any) -> None:
        self.invoked.append(request)


class Context:
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:build"

    def __init__(self, seconds: float = 900) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> float:
        return self.seconds * 1000


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What CloudFormation is told."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "lambdas.shared.custom_resource._put", lambda url, body: told.append(json.loads(body))
    )
    monkeypatch.setattr("lambdas.images.build._POLL_SECONDS", 0.01)
    return told


def build(
    monkeypatch: pytest.MonkeyPatch,
    account: Account,
    event: dict[str, Any] = EVENT,
    seconds: float = 900,
) -> None:
    monkeypatch.setattr(handler, "client", lambda service: account)
    handler.build_image(event, Context(seconds))


def test_a_new_content_is_built_and_its_digest_told(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    account = Account("IN_PROGRESS", "SUCCEEDED")

    build(monkeypatch, account)

    (answer,) = answers
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Digest": DIGEST})
    assert account.started[0]["projectName"] == "p"


def test_a_content_that_is_there_is_not_built_again(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    account = Account(there=True)

    build(monkeypatch, account, {**EVENT, "RequestType": "Update"})

    assert answers[0]["Status"] == "SUCCESS"
    assert account.started == []


def test_a_build_that_fails_fails_the_deployment_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    build(monkeypatch, Account("FAILED"))

    (answer,) = answers
    assert answer["Status"] == "FAILED"
    assert "p:1 failed: BUILD: exit status 1" in answer["Reason"]


def test_a_build_that_outlasts_the_function_is_waited_for_by_another_call(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    account = Account("IN_PROGRESS", "SUCCEEDED")

    build(monkeypatch, account, seconds=60)
    assert answers == []
    (call,) = account.invoked
    build(monkeypatch, account, json.loads(call["Payload"]))

    assert answers[0]["Status"] == "SUCCESS"
    assert len(account.started) == 1


def test_a_build_that_pushes_nothing_is_no_success(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    account = Account("SUCCEEDED")
    account.batch_get_builds = lambda ids: {  # type: ignore[method-assign]
        "builds": [{"id": ids[0], "buildStatus": "SUCCEEDED"}]
    }

    build(monkeypatch, account)

    assert "has no image with the tag t" in answers[0]["Reason"]


def test_deletion_leaves_the_images_to_their_repository(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]
) -> None:
    build(monkeypatch, Account(), {**EVENT, "RequestType": "Delete", "PhysicalResourceId": "x"})

    assert answers[0]["Status"] == "SUCCESS"
