"""Follow what the upload set off: the pipeline run, then the deployment."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from demo.errors import DemoError
from demo.run_state import EpochReader, RunState, read_epochs, read_run
from demo.view import RunView

POLL_SECONDS = 1.0
EVENT_DEADLINE_SECONDS = 120.0


def wait_for_run(
    sagemaker: Any, *, pipeline: str, since: datetime, explain: Callable[[], str]
) -> str:
    """The ARN of the pipeline's first execution that started after ``since``.

    That is the run of the upload which ended at ``since``: one that started earlier cannot hold
    all of its files. Raises DemoError, with what ``explain()`` knows, where none starts in time.
    """

    def newest() -> str | None:
        executions = sagemaker.list_pipeline_executions(PipelineName=pipeline)
        started = [
            summary["PipelineExecutionArn"]
            for summary in executions["PipelineExecutionSummaries"]
            if summary["StartTime"] >= since
        ]
        return started[-1] if started else None

    return _await(newest, f"no execution of the pipeline {pipeline} started", explain)


def follow_run(sagemaker: Any, logs: Any, execution_arn: str, view: RunView) -> RunState:
    """Show the run until it is over. Raises DemoError with the failed steps' reasons."""
    reader = EpochReader(logs)
    with view:
        while True:
            run = read_run(sagemaker, execution_arn)
            view.show(run, read_epochs(reader, _training_jobs(run)))
            if run.over:
                break
            time.sleep(POLL_SECONDS)
    if run.status != "Succeeded":
        failures = [f"  {step.name}: {step.failure}" for step in run.steps if step.failure]
        raise DemoError(
            "\n".join([f"the pipeline run ended {run.status}: {run.failure or ''}", *failures])
        )
    return run


def wait_for_deployment(
    states: Any,
    *,
    state_machine_arn: str,
    package_arn: str,
    since: datetime,
    say: Callable[[str], None],
    explain: Callable[[], str],
) -> None:
    """Until the package's deployment that began after ``since`` has ended well, a line a state.

    Raises DemoError with the execution's error and cause.
    """

    def newest() -> str | None:
        executions = states.list_executions(stateMachineArn=state_machine_arn)["executions"]
        for item in executions:
            if item["startDate"] >= since:
                arn: str = item["executionArn"]
                if package_arn in states.describe_execution(executionArn=arn)["input"]:
                    return arn
        return None

    arn = _await(newest, "the approval started no deployment", explain)
    entered = 0
    while True:
        execution = states.describe_execution(executionArn=arn)
        names = _entered_states(states, arn)
        for name in names[entered:]:
            say(f"state {name}")
        entered = len(names)
        if execution["status"] != "RUNNING":
            break
        time.sleep(POLL_SECONDS)
    if execution["status"] != "SUCCEEDED":
        raise DemoError(
            f"the deployment ended {execution['status']}: {execution.get('error', '')} "
            f"{execution.get('cause', '')}\n  execution: {arn}"
        )


def _entered_states(states: Any, execution_arn: str) -> list[str]:
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    return [
        event["stateEnteredEventDetails"]["name"]
        for page in pages
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    ]


def _training_jobs(run: RunState) -> list[str]:
    train = run.step("Train")
    jobs = [trial.name for trial in run.trials]
    return [*jobs, train.job_name] if train and train.job_name else jobs


def _await(find: Callable[[], str | None], failure: str, explain: Callable[[], str]) -> str:
    deadline = time.monotonic() + EVENT_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(POLL_SECONDS)
    raise DemoError(f"{failure} within {EVENT_DEADLINE_SECONDS:.0f} s\n{explain()}")
