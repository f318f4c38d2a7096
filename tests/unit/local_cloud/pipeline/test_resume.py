"""Executions over a restart of the local cloud."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_cloud.sagemaker import pipeline_executions
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import (
    FUNCTION,
    definition,
    function,
    processing,
)

INTERRUPTED = "InternalServerError: the local cloud was restarted while the job ran"


@pytest.fixture
def clouds(cloud: Cloud) -> Iterator[list[Cloud]]:
    """The clouds of one test, one after the other over the same state."""
    made = [cloud]
    yield made
    for each in made[1:]:
        if not each.tasks.stopping:
            each.shut_down()


def interrupted(clouds: list[Cloud], behaviour: list[str]) -> str:
    """An execution whose second step's job runs when the local cloud stops."""
    (cloud,) = clouds
    cloud.aws.behaviour = {"B": behaviour}
    steps = [processing("A"), processing("B", DependsOn=["A"]), processing("C", DependsOn=["B"])]
    cloud.create(definition(steps))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn).get("B") == "Executing")
    clouds.append(cloud.restarted())
    return arn


def test_finished_steps_are_kept_and_a_job_still_running_is_awaited(clouds: list[Cloud]) -> None:
    arn = interrupted(clouds, ["hold"])
    cloud = clouds[-1]
    assert cloud.statuses(arn) == {"A": "Succeeded", "B": "Executing"}
    pipeline_executions.resume(cloud.service)
    cloud.aws.finish("B")
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert cloud.statuses(arn) == dict.fromkeys("ABC", "Succeeded")
    created = cloud.aws.called("create_processing_job")
    assert [job["ProcessingJobName"].split("-")[2] for job in created] == ["C"]


def test_a_job_that_the_restart_interrupted_is_run_once_more(clouds: list[Cloud]) -> None:
    arn = interrupted(clouds, ["hold", "complete"])
    cloud = clouds[-1]
    cloud.aws.finish("B", "Failed", INTERRUPTED)
    pipeline_executions.resume(cloud.service)
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    created = cloud.aws.called("create_processing_job")
    assert [job["ProcessingJobName"].split("-")[2] for job in created] == ["B", "C"]


def test_a_job_that_is_interrupted_twice_fails_its_step(clouds: list[Cloud]) -> None:
    arn = interrupted(clouds, ["hold", INTERRUPTED])
    cloud = clouds[-1]
    cloud.aws.finish("B", "Failed", INTERRUPTED)
    pipeline_executions.resume(cloud.service)
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Failed"
    assert cloud.steps(arn)["B"]["FailureReason"] == INTERRUPTED
    assert len(cloud.aws.called("create_processing_job")) == 1


def test_a_job_that_failed_by_its_own_fault_is_not_run_again(clouds: list[Cloud]) -> None:
    arn = interrupted(clouds, ["hold", "complete"])
    cloud = clouds[-1]
    cloud.aws.finish("B", "Failed", "AlgorithmError: exit code 1")
    pipeline_executions.resume(cloud.service)
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Failed"
    assert cloud.aws.called("create_processing_job") == []


def test_a_stop_that_was_asked_for_before_the_restart_is_carried_out(
    clouds: list[Cloud],
) -> None:
    (cloud,) = clouds
    cloud.aws.behaviour = {"A": ["hold"]}
    cloud.create(definition([processing("A")]))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn) == {"A": "Executing"})
    cloud.tasks.shut_down()
    cloud.call(
        "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="stop".ljust(32)
    )
    clouds.append(cloud.restarted())
    pipeline_executions.resume(clouds[-1].service)
    assert clouds[-1].wait(arn)["PipelineExecutionStatus"] == "Stopped"
    assert clouds[-1].statuses(arn) == {"A": "Stopped"}


def test_ended_executions_are_left_alone(clouds: list[Cloud]) -> None:
    (cloud,) = clouds
    cloud.aws.functions[FUNCTION] = lambda _given: {}
    cloud.run(definition([function("F", {}, [])]))
    clouds.append(cloud.restarted())
    pipeline_executions.resume(clouds[-1].service)
    assert clouds[-1].tasks.threads == []
