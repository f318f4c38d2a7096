"""What the demo reads of a run, and which run and deployment it takes for its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo import follow
from demo.errors import DemoError
from demo.intake_state import explain_intake
from demo.registry import registered_package
from demo.run_state import RunState, Step, Trial
from demo.view import LineView

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRIAL = Trial("job-001-abc", "InProgress", {"learning-rate": "0.012345678"}, None)


class Answers:
    """A client whose calls answer what they are told to."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __getattr__(self, call: str) -> Any:
        answer = self._answers[call]
        return answer if callable(answer) else lambda **_: answer


def step(name: str, status: str, arn: str | None = None) -> Step:
    return Step(name, status, 3.0, None, arn)


def execution(arn: str, start: datetime) -> dict[str, Any]:
    return {"PipelineExecutionArn": arn, "StartTime": start}


def test_the_run_is_the_first_that_started_after_the_upload() -> None:
    sagemaker = Answers(
        list_pipeline_executions={
            "PipelineExecutionSummaries": [
                execution("later", NOW + timedelta(seconds=90)),
                execution("mine", NOW + timedelta(seconds=5)),
                execution("of-an-earlier-upload", NOW - timedelta(seconds=5)),
            ]
        }
    )
    found = follow.wait_for_run(sagemaker, pipeline="p", since=NOW, explain=lambda: "")
    assert found == "mine"


def test_a_run_that_never_starts_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "EVENT_DEADLINE_SECONDS", 0.05)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)
    sagemaker = Answers(list_pipeline_executions={"PipelineExecutionSummaries": []})
    with pytest.raises(DemoError, match=r"no execution of the pipeline p started.*\nintake"):
        follow.wait_for_run(sagemaker, pipeline="p", since=NOW, explain=lambda: "intake says so")


def test_a_deployment_of_another_package_is_not_taken_for_ones_own() -> None:
    inputs = {"other": '{"arn": "package/1"}', "mine": '{"arn": "package/2"}'}
    events = [{"stateEnteredEventDetails": {"name": "Plan"}}, {"type": "x"}]
    states = Answers(
        list_executions={
            "executions": [
                {"executionArn": "other", "startDate": NOW},
                {"executionArn": "mine", "startDate": NOW},
            ]
        },
        describe_execution=lambda executionArn: {  # noqa: N803 - boto3's name
            "input": inputs[executionArn],
            "status": "SUCCEEDED" if executionArn == "mine" else "FAILED",
        },
        get_paginator=lambda _name: Answers(paginate=lambda **_: [{"events": events}]),
    )
    said: list[str] = []
    follow.wait_for_deployment(
        states,
        state_machine_arn="machine",
        package_arn="package/2",
        since=NOW,
        say=said.append,
        explain=lambda: "",
    )
    assert said == ["state Plan"]


def test_a_run_that_registered_nothing_is_an_error_and_not_an_older_package() -> None:
    run = RunState("Succeeded", None, [step("Gate", "Succeeded")], [])
    with pytest.raises(DemoError, match="registered no model package"):
        registered_package(Answers(), run)


def test_each_change_is_one_line() -> None:
    lines: list[str] = []
    view = LineView(lines.append)
    run = RunState("Executing", None, [step("Prepare", "Executing")], [TRIAL])
    view.show(run, {})
    view.show(run, {"job-001-abc": ["epoch=1 loss=0.5"]})
    done = RunState("Executing", None, [step("Prepare", "Succeeded")], [TRIAL])
    view.show(done, {})
    assert lines == [
        "step Prepare: Executing",
        "  trial 001: InProgress  learning-rate=0.01235",
        "  001  epoch=1 loss=0.5",
        "step Prepare: Succeeded after 3 s",
    ]


@pytest.mark.parametrize(
    ("executions", "described", "sentence"),
    [
        ([], {}, "have not reached intake"),
        ([{"executionArn": "a"}], {"status": "RUNNING"}, "still waits"),
        (
            [{"executionArn": "a"}],
            {"status": "SUCCEEDED", "output": '{"outcome": "empty", "detail": "no objects"}'},
            "no objects",
        ),
        (
            [{"executionArn": "a"}],
            {"status": "FAILED", "error": "Denied", "cause": "no policy"},
            "FAILED: Denied no policy",
        ),
    ],
)
def test_what_intake_did_with_an_upload_is_one_sentence(
    executions: list[Any], described: dict[str, Any], sentence: str
) -> None:
    states = Answers(list_executions={"executions": executions}, describe_execution=described)
    assert sentence in explain_intake(states, "machine")
