"""A cloud to run pipelines in: real store and threads, jobs in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker import dispatch
from local_cloud.sagemaker.pipeline import context
from tests.unit.local_cloud.pipeline.definitions import ROLE
from tests.unit.local_cloud.sagemaker_doubles import make_service

PATIENCE_SECONDS = 20.0


class Cloud:
    """One local cloud; ``restarted`` is the next one over the same state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.service, self.aws, self.events, self.tasks = make_service(folder)

    def call(self, operation: str, **request: Any) -> Any:
        return dispatch.perform(self.service, operation, request)

    def create(self, text: str, name: str = "digits", **more: Any) -> str:
        return str(
            self.call(
                "CreatePipeline",
                PipelineName=name,
                PipelineDefinition=text,
                RoleArn=ROLE,
                ClientRequestToken=f"create-{name}".ljust(32, "-"),
                **more,
            )["PipelineArn"]
        )

    def start(self, token: str = "first", name: str = "digits", **more: Any) -> str:
        values = [
            {"Name": key, "Value": value} for key, value in more.pop("parameters", {}).items()
        ]
        return str(
            self.call(
                "StartPipelineExecution",
                PipelineName=name,
                ClientRequestToken=token.ljust(32, "-"),
                PipelineParameters=values,
                **more,
            )["PipelineExecutionArn"]
        )

    def run(self, text: str, **more: Any) -> str:
        self.create(text)
        arn = self.start(**more)
        self.wait(arn)
        return arn

    def describe(self, arn: str) -> Any:
        return self.call("DescribePipelineExecution", PipelineExecutionArn=arn)

    def steps(self, arn: str) -> dict[str, Any]:
        listed = self.call(
            "ListPipelineExecutionSteps", PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}

    def statuses(self, arn: str) -> dict[str, str]:
        return {name: step["StepStatus"] for name, step in self.steps(arn).items()}

    def wait(self, arn: str) -> Any:
        """The execution's description once it has ended."""
        self.until(lambda: self.describe(arn)["PipelineExecutionStatus"] not in _RUNNING)
        assert not self.tasks.errors
        return self.describe(arn)

    def until(self, holds: Any) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.005)

    def restarted(self) -> Cloud:
        self.shut_down()
        behaviour, objects = self.aws.behaviour, self.aws.objects
        fresh = Cloud(self._folder)
        fresh.aws.behaviour, fresh.aws.objects = behaviour, objects
        fresh.aws.functions = self.aws.functions
        return fresh

    def shut_down(self) -> None:
        self.tasks.shut_down()
        self.service.store.close()


_RUNNING = ("Executing", "Stopping")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr(context, "POLL_SECONDS", 0.01)
    made = Cloud(tmp_path)
    yield made
    if not made.tasks.stopping:
        made.shut_down()
