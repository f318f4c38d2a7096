"""Executions: order, branches, failures, stop, retry, idempotent start."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.pipeline import graph
from local_cloud.sagemaker.pipeline.state import EXECUTION_EVENT, STEP_EVENT
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import (
    FUNCTION,
    ROLE,
    condition,
    definition,
    fail,
    function,
    get,
    join,
    parameter,
    processing,
    register,
    training,
    tuning,
)
from tests.unit.local_cloud.sagemaker_doubles import client_error

REPORT = {"PropertyFileName": "EvaluationReport", "OutputName": "report", "FilePath": "e.json"}
ACCURACY = {
    "Std:JsonGet": {
        "PropertyFile": get("Steps.Evaluate.PropertyFiles.EvaluationReport"),
        "Path": "metrics.accuracy.value",
    }
}


def whole_chain() -> str:
    """Tune, pick the winner by a function, train, evaluate, gate, register or fail."""
    return definition(
        [
            tuning("Tune"),
            function(
                "RaiseEpochs",
                {"tuning_job_name": get("Steps.Tune.HyperParameterTuningJobName"), "final": 20},
                ["learning-rate"],
            ),
            training(
                "Train",
                {"learning-rate": get("Steps.RaiseEpochs.OutputParameters['learning-rate']")},
            ),
            processing(
                "Evaluate",
                [get("Steps.Train.ModelArtifacts.S3ModelArtifacts")],
                PropertyFiles=[REPORT],
            ),
            condition(
                "Gate",
                ACCURACY,
                get("Parameters.Floor"),
                [register("Register", get("Steps.Train.ModelArtifacts.S3ModelArtifacts"))],
                [
                    fail(
                        "Reject",
                        join(" ", "accuracy", ACCURACY, "is below", get("Parameters.Floor")),
                    )
                ],
            ),
        ],
        Parameters=[parameter("Floor", "Float", DefaultValue=0.9)],
    )


def prepared(cloud: Cloud, accuracy: float) -> None:
    report = {"metrics": {"accuracy": {"value": accuracy}}}
    cloud.aws.objects["artifacts", "report/e.json"] = json.dumps(report).encode()
    cloud.aws.functions[FUNCTION] = lambda given: {"learning-rate": "0.01", "job": given}


def put_model(cloud: Cloud) -> None:
    """Stands in for the model that the training job would have uploaded."""
    objects = cloud.aws.objects

    class Everything(dict[tuple[str, str], bytes]):
        def __contains__(self, key: object) -> bool:
            return super().__contains__(key) or str(key).endswith("model.tar.gz')")

        def __missing__(self, key: tuple[str, str]) -> bytes:
            return b"model"

    cloud.aws.objects = Everything(objects)


def test_the_whole_chain_registers_a_model_that_is_good_enough(cloud: Cloud) -> None:
    prepared(cloud, 0.97)
    put_model(cloud)
    arn = cloud.run(whole_chain())
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = cloud.steps(arn)
    assert list(steps) == ["Tune", "RaiseEpochs", "Train", "Evaluate", "Gate", "Register"]
    assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    package = steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    assert package.endswith(":model-package/digits/1")
    created = cloud.service.store.get("model-package", package)
    assert created["MetadataProperties"]["GeneratedBy"] == arn
    assert cloud.aws.called("create_training_job")[0]["HyperParameters"] == {
        "learning-rate": "0.01"
    }
    assert cloud.aws.called("invoke")[0]["final"] == 20
    assert set(cloud.aws.roles) == {ROLE}


def test_a_model_below_the_floor_fails_the_execution_with_the_fail_steps_message(
    cloud: Cloud,
) -> None:
    prepared(cloud, 0.5)
    arn = cloud.run(whole_chain())
    described = cloud.describe(arn)
    assert described["PipelineExecutionStatus"] == "Failed"
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    steps = cloud.steps(arn)
    assert "Register" not in steps
    assert steps["Reject"]["FailureReason"] == "accuracy 0.5 is below 0.9"
    assert steps["Reject"]["Metadata"] == {"Fail": {"ErrorMessage": "accuracy 0.5 is below 0.9"}}


def test_job_names_are_as_aws_makes_them(cloud: Cloud) -> None:
    prepared(cloud, 0.5)
    arn = cloud.run(whole_chain())
    execution = arn.rsplit("/", 1)[-1]
    assert re.fullmatch(r"[a-z0-9]{12}", execution)
    (trained,) = cloud.aws.called("create_training_job")
    pattern = rf"pipelines-{execution}-Train-[A-Za-z0-9]{{10}}"
    assert re.fullmatch(pattern, trained["TrainingJobName"])
    (tuned,) = cloud.aws.called("create_hyper_parameter_tuning_job")
    assert re.fullmatch(
        rf"{execution}-Tune-[A-Za-z0-9]{{10}}", tuned["HyperParameterTuningJobName"]
    )
    assert {"Key": "sagemaker:pipeline-execution-arn", "Value": arn} in trained["Tags"]


def test_steps_that_do_not_wait_for_each_other_run_side_by_side(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"A": ["hold"], "B": ["hold"]}
    steps = [processing("A"), processing("B"), processing("C", DependsOn=["A", "B"])]
    cloud.create(definition(steps))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn) == {"A": "Executing", "B": "Executing"})
    cloud.aws.finish("A")
    cloud.until(lambda: cloud.statuses(arn)["A"] == "Succeeded")
    assert "C" not in cloud.statuses(arn)
    cloud.aws.finish("B")
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert cloud.statuses(arn)["C"] == "Succeeded"


def test_no_more_steps_run_at_once_than_the_parallelism_configuration_allows(
    cloud: Cloud,
) -> None:
    names = ["A", "B", "C"]
    cloud.aws.behaviour = {name: ["hold"] for name in names}
    cloud.create(
        definition([processing(name) for name in names]),
        ParallelismConfiguration={"MaxParallelExecutionSteps": 1},
    )
    arn = cloud.start()
    for position, name in enumerate(names):
        begun = names[: position + 1]
        cloud.until(lambda begun=begun: cloud.statuses(arn).get(begun[-1]) == "Executing")
        assert list(cloud.statuses(arn)) == begun
        cloud.aws.finish(name)
    cloud.wait(arn)
    assert cloud.aws.most_at_once == 1


def test_after_a_failure_running_steps_finish_and_no_other_starts(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"Bad": ["AlgorithmError: exit code 1"], "Slow": ["hold"]}
    steps = [
        processing("Bad"),
        processing("Slow"),
        processing("AfterBad", DependsOn=["Bad"]),
        processing("AfterSlow", DependsOn=["Slow"]),
    ]
    cloud.create(definition(steps))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn) == {"Bad": "Failed", "Slow": "Executing"})
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Executing"
    cloud.aws.finish("Slow")
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Failed"
    assert cloud.statuses(arn) == {"Bad": "Failed", "Slow": "Succeeded"}
    assert cloud.steps(arn)["Bad"]["FailureReason"] == "AlgorithmError: exit code 1"


def test_a_step_behind_a_branch_not_taken_is_left_out_and_that_is_no_failure(
    cloud: Cloud,
) -> None:
    inner = condition("Inner", 1, 1, [processing("Deep")], [], kind="Equals")
    steps = [
        condition("Gate", 1, 2, [inner], [processing("Other")]),
        processing("Behind", DependsOn=["Deep"]),
        processing("Anyhow", DependsOn=["Gate"]),
    ]
    arn = cloud.run(definition(steps))
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert set(cloud.statuses(arn)) == {"Gate", "Other", "Anyhow"}


def test_a_functions_error_fails_its_step_with_the_functions_message(cloud: Cloud) -> None:
    def broken(_given: object) -> object:
        raise ValueError("no best training job")

    cloud.aws.functions[FUNCTION] = broken
    arn = cloud.run(definition([function("RaiseEpochs", {}, ["epochs"])]))
    reason = cloud.steps(arn)["RaiseEpochs"]["FailureReason"]
    assert reason.endswith("failed: ValueError: no best training job")


def test_a_function_that_leaves_out_a_declared_output_fails_its_step(cloud: Cloud) -> None:
    cloud.aws.functions[FUNCTION] = lambda _given: {"epoch": "20"}
    arn = cloud.run(definition([function("RaiseEpochs", {}, ["epochs"])]))
    reason = cloud.steps(arn)["RaiseEpochs"]["FailureReason"]
    assert "did not answer the output parameters ['epochs']; it answered ['epoch']" in reason


def test_a_missing_property_file_fails_the_condition_and_names_the_object(cloud: Cloud) -> None:
    steps = [
        processing("Evaluate", PropertyFiles=[REPORT]),
        condition("Gate", ACCURACY, 0.9, [], []),
    ]
    arn = cloud.run(definition(steps))
    reason = cloud.steps(arn)["Gate"]["FailureReason"]
    assert "NoSuchKey" in reason
    assert "s3://artifacts/report/e.json" in reason


def test_the_same_token_starts_one_execution_and_another_token_a_second_beside_it(
    cloud: Cloud,
) -> None:
    cloud.aws.behaviour = {"A": ["hold"]}
    cloud.create(definition([processing("A")]))
    first = cloud.start("one")
    assert cloud.start("one") == first
    second = cloud.start("two")
    assert second != first
    for arn in (first, second):
        cloud.until(lambda arn=arn: cloud.statuses(arn) == {"A": "Executing"})
    cloud.aws.finish("A")
    for arn in (first, second):
        assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert cloud.start("one") == first
    assert len(cloud.aws.called("create_processing_job")) == 2


def test_parameters_that_the_definition_does_not_allow_are_refused_together(
    cloud: Cloud,
) -> None:
    parameters = [
        parameter("Manifest"),
        parameter("Count", "Integer", DefaultValue=1),
        parameter("Size", "String", DefaultValue="small", EnumValues=["small", "large"]),
    ]
    cloud.create(definition([processing("A")], Parameters=parameters))
    with pytest.raises(ValidationException) as refused:
        cloud.start(parameters={"Count": "many", "Size": "huge", "Manifesto": "x"})
    message = refused.value.message
    assert "[Manifesto] is not defined" in message
    assert "[Count]: 'many' is not of type Integer" in message
    assert "[Size]: 'huge' is not one of ['small', 'large']" in message
    assert "[Manifest] has no default and no value was given" in message
    assert cloud.call("ListPipelineExecutions", PipelineName="digits") == {
        "PipelineExecutionSummaries": []
    }


def test_given_parameters_and_defaults_reach_the_jobs(cloud: Cloud) -> None:
    arguments = [
        get("Parameters.Manifest"),
        join("/", "s3:/", get("Execution.PipelineExecutionId"), get("Parameters.Count")),
    ]
    parameters = [parameter("Manifest"), parameter("Count", "Integer", DefaultValue=3)]
    cloud.create(definition([processing("A", arguments)], Parameters=parameters))
    arn = cloud.start(parameters={"Manifest": "s3://data/manifest.json"})
    cloud.wait(arn)
    (made,) = cloud.aws.called("create_processing_job")
    execution = arn.rsplit("/", 1)[-1]
    assert made["AppSpecification"]["ContainerArguments"] == [
        "s3://data/manifest.json",
        f"s3://{execution}/3",
    ]
    listed = cloud.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn)
    assert listed["PipelineParameters"] == [
        {"Name": "Manifest", "Value": "s3://data/manifest.json"}
    ]


def test_a_stop_stops_the_running_job_and_starts_nothing_more(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"A": ["hold"]}
    cloud.create(definition([processing("A"), processing("B", DependsOn=["A"])]))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn) == {"A": "Executing"})
    cloud.call(
        "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="stop".ljust(32)
    )
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Stopped"
    assert cloud.statuses(arn) == {"A": "Stopped"}
    with pytest.raises(ConflictException, match="Only pipeline executions with 'Executing'"):
        cloud.call(
            "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="x".ljust(32)
        )


def test_a_retry_keeps_what_succeeded_and_runs_the_rest_again(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"B": ["AlgorithmError: once", "complete"]}
    arn = cloud.run(definition([processing("A"), processing("B", DependsOn=["A"])]))
    assert cloud.statuses(arn) == {"A": "Succeeded", "B": "Failed"}
    retry = {"PipelineExecutionArn": arn, "ClientRequestToken": "retry".ljust(32)}
    cloud.call("RetryPipelineExecution", **retry)
    described = cloud.wait(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in described
    cloud.call("RetryPipelineExecution", **retry)
    assert len(cloud.aws.called("create_processing_job")) == 3


def test_a_token_that_was_used_with_other_parameters_is_refused(cloud: Cloud) -> None:
    parameters = [parameter("Data", DefaultValue="a")]
    cloud.create(definition([processing("A")], Parameters=parameters))
    arn = cloud.start(parameters={"Data": "b"})
    assert cloud.start(parameters={"Data": "b"}) == arn
    with pytest.raises(ConflictException, match="other parameters"):
        cloud.start(parameters={"Data": "c"})


def test_two_retries_at_once_run_the_execution_once(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"A": ["AlgorithmError: once", "hold"]}
    arn = cloud.run(definition([processing("A")]))
    refused: list[ConflictException] = []
    together = threading.Barrier(4)

    def retry(number: int) -> None:
        together.wait()
        try:
            cloud.call(
                "RetryPipelineExecution",
                PipelineExecutionArn=arn,
                ClientRequestToken=f"retry-{number}".ljust(32),
            )
        except ConflictException as error:
            refused.append(error)

    threads = [threading.Thread(target=retry, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cloud.until(lambda: cloud.statuses(arn) == {"A": "Executing"})
    assert len(refused) == 3
    cloud.aws.finish("A")
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert len(cloud.aws.called("create_processing_job")) == 2


def test_a_job_that_ends_while_it_is_asked_to_stop_ends_its_step_as_it_ended_itself(
    cloud: Cloud,
) -> None:
    cloud.aws.behaviour = {"A": ["hold"]}
    cloud.create(definition([processing("A")]))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn) == {"A": "Executing"})
    refusal = client_error("ValidationException", "it is Completed", "StopProcessingJob")

    class EndsFirst(list[Any]):
        def pop(self, _index: Any = -1) -> Any:
            cloud.aws.finish("A")
            return super().pop()

    cloud.aws.refusals["stop_processing_job"] = EndsFirst([refusal])
    cloud.call(
        "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="stop".ljust(32)
    )
    cloud.wait(arn)
    assert cloud.statuses(arn) == {"A": "Succeeded"}


def test_an_execution_whose_own_work_breaks_says_so_and_does_not_run_for_ever(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> Any:
        raise RuntimeError("a fault of the interpreter")

    monkeypatch.setattr(graph, "ready", broken)
    cloud.create(definition([processing("A")]))
    arn = cloud.start()
    cloud.until(lambda: cloud.describe(arn)["PipelineExecutionStatus"] == "Failed")
    assert "a fault of the interpreter" in cloud.describe(arn)["FailureReason"]


def test_status_changes_are_told_in_awss_shape(cloud: Cloud) -> None:
    arn = cloud.run(definition([processing("A")]))
    executions = cloud.events.details(EXECUTION_EVENT)
    assert [event["currentPipelineExecutionStatus"] for event in executions] == [
        "Executing",
        "Succeeded",
    ]
    assert executions[1]["previousPipelineExecutionStatus"] == "Executing"
    assert executions[1]["pipelineExecutionArn"] == arn
    last = cloud.events.details(STEP_EVENT)[-1]
    assert (last["stepName"], last["stepType"]) == ("A", "Processing")
    assert (last["previousStepStatus"], last["currentStepStatus"]) == ("Executing", "Succeeded")
    assert ":processing-job/" in last["metadata"]["processingJob"]["arn"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", last["stepEndTime"])


def test_an_execution_keeps_the_definition_that_it_started_with(cloud: Cloud) -> None:
    first = definition([processing("A")])
    arn = cloud.run(first)
    cloud.call(
        "UpdatePipeline", PipelineName="digits", PipelineDefinition=definition([processing("B")])
    )
    told = cloud.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    assert told["PipelineDefinition"] == first
    second = cloud.start("second")
    cloud.wait(second)
    assert set(cloud.statuses(second)) == {"B"}
    assert cloud.describe(second)["PipelineVersionId"] == 2


def test_executions_are_listed_newest_first_in_pages(cloud: Cloud) -> None:
    cloud.create(definition([processing("A")]))
    arns = [cloud.start(token) for token in ("one", "two", "three")]
    for arn in arns:
        cloud.wait(arn)
    page = cloud.call("ListPipelineExecutions", PipelineName="digits", MaxResults=2)
    rest = cloud.call("ListPipelineExecutions", PipelineName="digits", NextToken=page["NextToken"])
    listed = [*page["PipelineExecutionSummaries"], *rest["PipelineExecutionSummaries"]]
    assert [summary["PipelineExecutionArn"] for summary in listed] == arns[::-1]


def test_a_pipeline_of_another_account_or_region_is_not_the_one_of_that_name_here(
    cloud: Cloud,
) -> None:
    cloud.create(definition([processing("A")]))
    for where in ("us-east-1:111122223333", "us-west-2:000000000000"):
        arn = f"arn:aws:sagemaker:{where}:pipeline/digits"
        with pytest.raises(ResourceNotFound, match=f"'{arn}' does not exist"):
            cloud.call("StartPipelineExecution", PipelineName=arn, ClientRequestToken="t" * 32)
    assert (
        cloud.call("ListPipelineExecutions", PipelineName="digits")["PipelineExecutionSummaries"]
        == []
    )


def test_a_step_makes_no_group_here_for_one_of_another_account(cloud: Cloud) -> None:
    step = register("Register", "s3://bucket/model.tar.gz")
    group = "arn:aws:sagemaker:us-east-1:111122223333:model-package-group/theirs"
    step["Arguments"]["ModelPackageGroupName"] = group
    cloud.create(definition([step]))
    execution = cloud.start("one")
    cloud.wait(execution)
    assert cloud.statuses(execution) == {"Register": "Failed"}
    assert cloud.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"] == []


def test_an_unknown_execution_is_not_found(cloud: Cloud) -> None:
    arn = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/x/execution/abc"
    with pytest.raises(ResourceNotFound, match="does not exist"):
        cloud.describe(arn)
