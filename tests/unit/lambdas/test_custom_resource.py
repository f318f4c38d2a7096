from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lambdas.shared import custom_resource
from lambdas.shared.custom_resource import Deadline, OutOfTimeError


@dataclass
class CloudFormation:
    """The place that a custom resource answers to.

    Attributes:
        answers: what was put there.
        content_types: of those requests.
        refusing: how many of the next answers are refused.
    """

    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refusing: int = 0


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    state = CloudFormation()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if state.refusing:
                state.refusing -= 1
                self.send_response(503)
            else:
                state.answers.append(json.loads(body))
                state.content_types.append(self.headers["Content-Type"])
                self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output to the test."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/answer?signature=x"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@dataclass
class Context:
    """Lambda's, with the milliseconds that are left."""

    left: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.shared.custom_resource.time.sleep", lambda seconds: None)


def request(url: str, kind: str = "Delete", **changes: Any) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/foundation/1",
        "RequestId": "request-1",
        "LogicalResourceId": "Emptier",
        "ResourceProperties": {"ServiceToken": "x", "Buckets": ["a"]},
        **changes,
    }


def nothing(properties: Mapping[str, Any], deadline: Deadline) -> None:
    pytest.fail("only a deletion is to do the work")


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_succeed_and_do_nothing(
    cloudformation: CloudFormation, kind: str
) -> None:
    custom_resource.on_delete(request(cloudformation.url, kind), Context(), nothing)

    (answer,) = cloudformation.answers
    assert answer["Status"] == "SUCCESS"
    assert answer["RequestId"] == "request-1"
    assert answer["LogicalResourceId"] == "Emptier"
    assert answer["StackId"].endswith("stack/foundation/1")
    # The URL is signed without a content type.
    assert cloudformation.content_types in ([""], [None])


def test_a_deletion_does_the_work_with_the_properties(cloudformation: CloudFormation) -> None:
    seen: list[Any] = []

    custom_resource.on_delete(
        request(cloudformation.url), Context(), lambda properties, _: seen.append(properties)
    )

    assert seen == [{"ServiceToken": "x", "Buckets": ["a"]}]
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_the_identifier_never_changes(cloudformation: CloudFormation) -> None:
    for _ in range(2):
        custom_resource.on_delete(request(cloudformation.url, "Create"), Context(), nothing)
    first, second = (each["PhysicalResourceId"] for each in cloudformation.answers)
    custom_resource.on_delete(
        request(cloudformation.url, "Update", PhysicalResourceId=first), Context(), nothing
    )

    # Another one after an update would make CloudFormation delete the first.
    assert first == second == cloudformation.answers[2]["PhysicalResourceId"]


def test_work_that_fails_is_answered_with_its_reason(cloudformation: CloudFormation) -> None:
    def work(properties: Mapping[str, Any], deadline: Deadline) -> None:
        raise RuntimeError("the bucket is locked " + "x" * 5000)

    custom_resource.on_delete(request(cloudformation.url), Context(), work)

    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("RuntimeError: the bucket is locked")
    assert len(json.dumps(answer)) < 4096


def test_properties_that_lack_something_are_answered_too(cloudformation: CloudFormation) -> None:
    def work(properties: Mapping[str, Any], deadline: Deadline) -> None:
        properties["Missing"]

    custom_resource.on_delete(request(cloudformation.url, ResourceProperties={}), Context(), work)

    assert "Missing" in cloudformation.answers[0]["Reason"]


def test_work_that_hangs_is_answered_before_the_function_is_stopped(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_resource, "_ANSWER_SECONDS", 0.04)
    release = threading.Event()

    def work(properties: Mapping[str, Any], deadline: Deadline) -> None:
        release.wait(60)

    custom_resource.on_delete(request(cloudformation.url), Context(left=0), work)
    release.set()

    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "delete again" in answer["Reason"]


def test_an_answer_that_is_not_taken_is_given_again(cloudformation: CloudFormation) -> None:
    cloudformation.refusing = 3

    custom_resource.on_delete(request(cloudformation.url, "Create"), Context(), nothing)

    assert len(cloudformation.answers) == 1


def test_an_answer_that_is_never_taken_fails_the_function(cloudformation: CloudFormation) -> None:
    cloudformation.refusing = 99

    with pytest.raises(OSError, match="503"):
        custom_resource.on_delete(request(cloudformation.url, "Create"), Context(), nothing)


def test_an_address_that_is_none_of_the_web_is_refused() -> None:
    with pytest.raises(ValueError, match="no web address"):
        custom_resource.on_delete(request("file:///etc/passwd", "Create"), Context(), nothing)


def test_a_deadline_says_what_was_left_undone() -> None:
    now = [0.0]
    deadline = Deadline(10, lambda: now[0])
    deadline.check("counting")
    now[0] = 10.0

    with pytest.raises(OutOfTimeError, match="counting"):
        deadline.check("counting")
