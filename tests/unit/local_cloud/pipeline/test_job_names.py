"""The execution variables that hold the name of a step's own job."""

from __future__ import annotations

import pytest

from local_cloud.json_api.errors import ValidationException
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import definition, get, join, processing, training

OWN_NAME = get("Execution.TrainingJobName")


def test_a_step_knows_its_own_jobs_name(cloud: Cloud) -> None:
    prefix = join("/", "s3://artifacts", get("Execution.ProcessingJobName"))
    cloud.run(definition([training("Train", {"job": OWN_NAME}), processing("Check", [prefix])]))
    (trained,) = cloud.aws.called("create_training_job")
    assert trained["HyperParameters"]["job"] == trained["TrainingJobName"]
    (checked,) = cloud.aws.called("create_processing_job")
    assert checked["AppSpecification"]["ContainerArguments"] == [
        f"s3://artifacts/{checked['ProcessingJobName']}"
    ]


def test_an_attempt_that_is_made_again_knows_its_new_name(cloud: Cloud) -> None:
    cloud.aws.behaviour["Train"] = ["InternalServerError: once", "complete"]
    policy = {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
        "IntervalSeconds": 1e-3,
        "MaxAttempts": 2,
    }
    cloud.run(definition([training("Train", {"job": OWN_NAME}, RetryPolicies=[policy])]))
    names = [job["TrainingJobName"] for job in cloud.aws.called("create_training_job")]
    told = [job["HyperParameters"]["job"] for job in cloud.aws.called("create_training_job")]
    assert told == names
    assert len(set(names)) == 2


def test_the_name_is_there_in_steps_of_the_type_alone(cloud: Cloud) -> None:
    with pytest.raises(ValidationException, match="name of a Training step's own job, there alone"):
        cloud.create(definition([processing("Check", [OWN_NAME])]))
