from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.errors import ResourceNotFound
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import condition, definition, get, processing

REPORT = get("Steps.A.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri")
CHAIN = definition(
    [
        processing("A"),
        processing("B", [REPORT]),
        processing("C", DependsOn=["B"]),
        processing("D", DependsOn=["C"]),
        processing("Apart"),
    ]
)


def selecting(*names: str, source: str | None = None) -> dict[str, Any]:
    config: dict[str, Any] = {"SelectedSteps": [{"StepName": name} for name in names]}
    if source is not None:
        config["SourcePipelineExecutionArn"] = source
    return {"SelectiveExecutionConfig": config}


def test_selected_steps_run_on_what_the_others_left_in_the_source(cloud: Cloud) -> None:
    source = cloud.run(CHAIN)
    cloud.aws.calls.clear()
    arn = cloud.start("again", **selecting("B", "C", source=source))
    described = cloud.wait(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert described["SelectiveExecutionConfig"]["SourcePipelineExecutionArn"] == source
    jobs = cloud.aws.called("create_processing_job")
    assert len(jobs) == 2
    assert jobs[0]["AppSpecification"]["ContainerArguments"] == ["s3://artifacts/report"]
    steps = cloud.steps(arn)
    assert set(steps) == {"A", "B", "C"}
    reused = {"SourcePipelineExecutionArn": source}
    assert steps["A"]["SelectiveExecutionResult"] == reused
    assert "SelectiveExecutionResult" not in steps["B"]


def test_first_steps_need_no_source(cloud: Cloud) -> None:
    cloud.create(CHAIN)
    arn = cloud.start(**selecting("A", "B"))
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert set(cloud.steps(arn)) == {"A", "B"}


def test_a_retry_of_a_selective_execution_runs_its_failed_steps_alone(cloud: Cloud) -> None:
    source = cloud.run(CHAIN)
    cloud.aws.behaviour["C"] = ["AlgorithmError: once", "complete"]
    arn = cloud.start("again", **selecting("B", "C", source=source))
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Failed"
    cloud.aws.calls.clear()
    retry = {"PipelineExecutionArn": arn, "ClientRequestToken": "r" * 32}
    cloud.call("RetryPipelineExecution", **retry)
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert len(cloud.aws.called("create_processing_job")) == 1
    assert set(cloud.steps(arn)) == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (("A", "Z"), r"\['Z'\] are not in the pipeline"),
        (("A", "C"), "all paths between two selected steps must be selected; missing are B"),
        (("A", "Apart"), r"A is not connected with \['Apart'\]"),
        (("C", "D"), "SourcePipelineExecutionArn is required: .* depend on B"),
    ],
)
def test_a_selection_that_cannot_run_is_refused_and_starts_nothing(
    cloud: Cloud, names: tuple[str, ...], fault: str
) -> None:
    cloud.create(CHAIN)
    with pytest.raises(ValidationException, match=fault):
        cloud.start(**selecting(*names))
    listed = cloud.call("ListPipelineExecutions", PipelineName="digits")
    assert listed["PipelineExecutionSummaries"] == []


def test_the_source_must_be_an_ended_execution_of_the_pipeline_that_got_so_far(
    cloud: Cloud,
) -> None:
    cloud.aws.behaviour["A"] = ["hold"]
    cloud.create(CHAIN)
    running = cloud.start()
    cloud.until(lambda: cloud.statuses(running).get("A") == "Executing")
    with pytest.raises(ValidationException, match=r"is Executing; .* B, which did not succeed"):
        cloud.start("again", **selecting("C", source=running))
    missing = running.rpartition("/")[0] + "/none"
    with pytest.raises(ResourceNotFound, match="execution/none' does not exist"):
        cloud.start("again", **selecting("C", source=missing))
    cloud.create(definition([processing("B")]), name="another")
    with pytest.raises(ValidationException, match="is not an execution of pipeline"):
        cloud.start("again", name="another", **selecting("B", source=running))
    cloud.aws.finish("A")
    cloud.wait(running)


def test_a_step_in_a_branch_that_the_source_did_not_take_is_refused(cloud: Cloud) -> None:
    branches = [condition("Gate", 1, 1, [processing("Yes")], [processing("No")])]
    source = cloud.run(definition(branches))
    with pytest.raises(ValidationException, match="No is in a branch of Gate"):
        cloud.start("no", **selecting("No", source=source))
    arn = cloud.start("yes", **selecting("Yes", source=source))
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_versions_are_named_and_know_their_last_execution(cloud: Cloud) -> None:
    first = cloud.run(CHAIN)
    arn = cloud.describe(first)["PipelineArn"]
    cloud.call(
        "UpdatePipeline", PipelineName="digits", PipelineDefinition=definition([processing("A")])
    )
    cloud.call(
        "UpdatePipelineVersion",
        PipelineArn=arn,
        PipelineVersionId=1,
        PipelineVersionDisplayName="long",
        PipelineVersionDescription="five steps",
    )
    listed = cloud.call("ListPipelineVersions", PipelineName="digits")
    newest, oldest = listed["PipelineVersionSummaries"]
    assert newest["PipelineVersionId"] == 2
    assert "LastExecutionPipelineExecutionArn" not in newest
    assert oldest["LastExecutionPipelineExecutionArn"] == first
    assert oldest["PipelineVersionDisplayName"] == "long"
    described = cloud.call("DescribePipeline", PipelineName="digits", PipelineVersionId=1)
    assert described["PipelineVersionDescription"] == "five steps"
    assert described["PipelineDefinition"] == CHAIN
    arn = cloud.start("old", PipelineVersionId=1)
    assert cloud.wait(arn)["PipelineVersionId"] == 1
    assert len(cloud.steps(arn)) == 5
    with pytest.raises(ResourceNotFound, match="no version 3"):
        cloud.call("UpdatePipelineVersion", PipelineArn=arn.split("/exec")[0], PipelineVersionId=3)
