"""Model and Transform steps: a model is made from what was trained, and asked for a batch."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.pipeline.caching import cache_key
from local_cloud.sagemaker.pipeline.checks import validated
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import (
    ROLE,
    definition,
    get,
    model,
    processing,
    training,
    transform,
)
from tests.unit.local_cloud.sagemaker_doubles import client_error

TRAINED = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
MODEL_NAME = get("Steps.CreateModel.ModelName")
CACHE = {"Enabled": True, "ExpireAfter": "P30D"}


def chain(**transform_members: Any) -> str:
    """Train, make the model, transform with it, and read what the transform wrote."""
    return definition(
        [
            training("Train", {}),
            model("CreateModel", TRAINED),
            transform("BatchTransform", MODEL_NAME, **transform_members),
            processing(
                "Evaluate",
                [
                    get("Steps.BatchTransform.TransformOutput.S3OutputPath"),
                    get("Steps.BatchTransform.TransformJobName"),
                    get("Steps.CreateModel.PrimaryContainer.ModelDataUrl"),
                ],
            ),
        ]
    )


def test_a_trained_model_is_made_and_transforms_a_batch(cloud: Cloud) -> None:
    arn = cloud.run(chain())
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    (trained,) = cloud.aws.called("create_training_job")
    (made,) = cloud.aws.called("create_model")
    artifact = f"s3://artifacts/training/{trained['TrainingJobName']}/output/model.tar.gz"
    assert made["PrimaryContainer"]["ModelDataUrl"] == artifact
    (transformed,) = cloud.aws.called("create_transform_job")
    assert transformed["ModelName"] == made["ModelName"]
    execution = arn.rsplit("/", 1)[-1]
    (evaluated,) = cloud.aws.called("create_processing_job")
    assert evaluated["AppSpecification"]["ContainerArguments"] == [
        f"s3://artifacts/{execution}/transform",
        transformed["TransformJobName"],
        artifact,
    ]
    assert set(cloud.aws.roles) == {ROLE}


def test_pipelines_name_the_model_and_the_job_and_mark_them_as_theirs(cloud: Cloud) -> None:
    arn = cloud.run(chain())
    execution = arn.rsplit("/", 1)[-1]
    (made,) = cloud.aws.called("create_model")
    (transformed,) = cloud.aws.called("create_transform_job")
    suffix = "[A-Za-z0-9]{10}"
    assert re.fullmatch(f"pipelines-{execution}-CreateModel-{suffix}", made["ModelName"])
    assert re.fullmatch(
        f"pipelines-{execution}-BatchTransform-{suffix}", transformed["TransformJobName"]
    )
    tag = {"Key": "sagemaker:pipeline-execution-arn", "Value": arn}
    assert tag in made["Tags"]
    assert tag in transformed["Tags"]


def test_a_name_in_the_request_is_the_prefix_of_the_models_name(cloud: Cloud) -> None:
    arn = cloud.run(definition([model("CreateModel", "s3://a/b.tar.gz", ModelName="birds")]))
    (made,) = cloud.aws.called("create_model")
    execution = arn.rsplit("/", 1)[-1]
    assert re.fullmatch(f"birds-{execution}-CreateModel-[A-Za-z0-9]{{10}}", made["ModelName"])


def test_both_steps_say_what_they_made(cloud: Cloud) -> None:
    steps = cloud.steps(cloud.run(chain()))
    (made,) = cloud.aws.called("create_model")
    (transformed,) = cloud.aws.called("create_transform_job")
    assert steps["CreateModel"]["Metadata"]["Model"]["Arn"].endswith(f"/{made['ModelName']}")
    transform_arn = steps["BatchTransform"]["Metadata"]["TransformJob"]["Arn"]
    assert transform_arn.endswith(f":transform-job/{transformed['TransformJobName']}")


def test_a_failed_transform_fails_its_step_with_the_jobs_reason(cloud: Cloud) -> None:
    reason = "AlgorithmError: See job logs for more information"
    cloud.aws.behaviour = {"BatchTransform": [reason]}
    arn = cloud.run(chain())
    assert cloud.steps(arn)["BatchTransform"]["FailureReason"] == reason
    assert "Evaluate" not in cloud.statuses(arn)


def test_a_model_that_may_not_be_made_fails_its_step_with_the_refusal(cloud: Cloud) -> None:
    cloud.aws.refusals["create_model"] = [
        client_error("AccessDeniedException", "not authorized: iam:PassRole", "CreateModel")
    ]
    reason = cloud.steps(cloud.run(chain()))["CreateModel"]["FailureReason"]
    assert "AccessDeniedException" in reason
    assert "iam:PassRole" in reason


def test_a_model_step_is_retried_where_the_service_failed(cloud: Cloud) -> None:
    cloud.aws.refusals["create_model"] = [
        client_error("InternalFailure", "try again", "CreateModel", 500)
    ]
    policy = {"ExceptionType": ["Step.SERVICE_FAULT"], "IntervalSeconds": 0.01, "MaxAttempts": 2}
    step = {**model("CreateModel", "s3://a/b.tar.gz"), "RetryPolicies": [policy]}
    arn = cloud.run(definition([step]))
    assert cloud.statuses(arn) == {"CreateModel": "Succeeded"}
    assert cloud.steps(arn)["CreateModel"]["AttemptCount"] == 2


def test_a_transform_that_failed_internally_is_tried_again_under_a_new_name(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"BatchTransform": ["InternalServerError: again", "complete"]}
    policy = {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
        "IntervalSeconds": 0.01,
        "MaxAttempts": 1,
    }
    arn = cloud.run(chain(RetryPolicies=[policy]))
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    jobs = cloud.aws.called("create_transform_job")
    assert len({job["TransformJobName"] for job in jobs}) == 2


def test_a_stopped_execution_stops_its_transform_job(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"BatchTransform": ["hold"]}
    cloud.create(chain())
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn).get("BatchTransform") == "Executing")
    cloud.call(
        "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="stop".ljust(32)
    )
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Stopped"
    assert cloud.statuses(arn)["BatchTransform"] == "Stopped"
    (stopped,) = cloud.aws.called("stop_transform_job")
    (created,) = cloud.aws.called("create_transform_job")
    assert stopped == {"TransformJobName": created["TransformJobName"]}


def test_a_cached_transform_answers_the_earlier_outputs_though_it_would_write_elsewhere(
    cloud: Cloud,
) -> None:
    steps = [
        transform("BatchTransform", "a-model", CacheConfig=CACHE),
        processing("Evaluate", [get("Steps.BatchTransform.TransformOutput.S3OutputPath")]),
    ]
    first = cloud.run(definition(steps)).rsplit("/", 1)[-1]
    second = cloud.start("second")
    cloud.wait(second)
    assert "CacheHitResult" in cloud.steps(second)["BatchTransform"]
    assert len(cloud.aws.called("create_transform_job")) == 1
    jobs = cloud.aws.called("create_processing_job")
    given = [job["AppSpecification"]["ContainerArguments"] for job in jobs]
    assert given == [[f"s3://artifacts/{first}/transform"]] * 2


def test_a_model_made_anew_makes_its_transform_run_anew(cloud: Cloud) -> None:
    cloud.run(chain(CacheConfig=CACHE))
    cloud.wait(cloud.start("second"))
    assert len(cloud.aws.called("create_transform_job")) == 2


def test_a_model_step_has_no_cache() -> None:
    step = {**model("CreateModel", "s3://a/b.tar.gz"), "CacheConfig": CACHE}
    with pytest.raises(ValidationException, match="step type 'Model' has no caching"):
        validated(definition([step]))


@pytest.mark.parametrize(
    ("kind", "name", "counts"),
    [
        ("Transform", "TransformInput", True),
        ("Transform", "DataProcessing", True),
        ("Transform", "TransformOutput", False),
        ("Transform", "TransformResources", False),
        ("Training", "HyperParameters", True),
        ("Training", "OutputDataConfig", False),
        ("Processing", "ProcessingInputs", True),
        ("Processing", "ProcessingResources", False),
        ("Lambda", "anything", True),
    ],
)
def test_only_the_key_attributes_of_its_type_make_a_cached_step_run_again(
    kind: str, name: str, counts: bool
) -> None:
    assert (cache_key(kind, {name: "a"}) != cache_key(kind, {name: "b"})) is counts


def test_a_tuning_definitions_resources_are_no_key_and_its_ranges_are() -> None:
    def key(**members: Any) -> str:
        return cache_key("Tuning", {"TrainingJobDefinition": members})

    assert key(ResourceConfig="a") == key(ResourceConfig="b")
    assert key(HyperParameterRanges="a") != key(HyperParameterRanges="b")


def test_properties_that_a_model_and_a_transform_have_not_are_refused() -> None:
    steps = [
        model("CreateModel", "s3://a/b.tar.gz"),
        transform("BatchTransform", get("Steps.CreateModel.Name")),
        processing("Evaluate", [get("Steps.BatchTransform.TransformOutput.S3Uri")]),
    ]
    with pytest.raises(ValidationException) as refused:
        validated(definition(steps))
    assert "'Steps.CreateModel.Name': a Model step has no such property" in refused.value.message
    assert "a Transform step has no such property" in refused.value.message


def test_a_wrong_transform_request_is_refused_before_it_runs() -> None:
    step = transform("BatchTransform", "a-model")
    step["Arguments"]["TransformInput"]["SplitType"] = "Lines"
    del step["Arguments"]["TransformResources"]
    with pytest.raises(ValidationException) as refused:
        validated(definition([step]))
    assert "Value 'Lines' for 'SplitType'" in refused.value.message
    assert "Missing required Argument member 'TransformResources'" in refused.value.message
