"""boto3's own conveniences, its waiters and paginators, on what SageMaker has here."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError

from tests.clients.conftest import BUCKET
from tests.local_cloud_fixture import RunningCloud

IMAGES = """
[[image]]
repository = "noop"
tag = "*"
train = ["/bin/true"]
"""
FAST = {"Delay": 1, "MaxAttempts": 120}
WITHOUT_A_RESOURCE = {
    "endpoint_deleted": {"EndpointName": "never"},
    "notebook_instance_deleted": {"NotebookInstanceName": "never"},
}
"""What these waiters wait for is true of what never was."""


def job(name: str, role: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "example.com/noop:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": role,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/noop"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 1,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


@pytest.fixture
def jobs(cloud: RunningCloud, role: str, numbers: str) -> list[str]:
    (cloud.settings.state_dir / "images.toml").write_text(IMAGES)
    client = boto3.client("sagemaker")
    names = [f"noop-{number}" for number in range(3)]
    for name in names:
        client.create_training_job(**job(name, role))
    return names


def test_a_waiter_ends_with_its_jobs_and_a_paginator_finds_them_over_several_pages(
    jobs: list[str],
) -> None:
    client = boto3.client("sagemaker")
    for name in jobs:
        waiter = client.get_waiter("training_job_completed_or_stopped")
        waiter.wait(TrainingJobName=name, WaiterConfig=FAST)

    pages = list(
        client.get_paginator("list_training_jobs").paginate(
            NameContains="noop-",
            SortBy="Name",
            SortOrder="Ascending",
            PaginationConfig={"PageSize": 2},
        )
    )

    found = [[one["TrainingJobName"] for one in page["TrainingJobSummaries"]] for page in pages]
    assert found == [jobs[:2], jobs[2:]]


@pytest.mark.parametrize(("waiter", "of"), WITHOUT_A_RESOURCE.items())
def test_a_waiter_for_an_end_finds_what_is_not_there_ended(waiter: str, of: dict[str, str]) -> None:
    boto3.client("sagemaker").get_waiter(waiter).wait(**of, WaiterConfig={"MaxAttempts": 1})


@pytest.mark.parametrize(
    ("waiter", "of"),
    [
        ("endpoint_in_service", {"EndpointName": "never"}),
        ("notebook_instance_in_service", {"NotebookInstanceName": "never"}),
        ("processing_job_completed_or_stopped", {"ProcessingJobName": "never"}),
        ("training_job_completed_or_stopped", {"TrainingJobName": "never"}),
        ("transform_job_completed_or_stopped", {"TransformJobName": "never"}),
    ],
)
def test_a_waiter_for_something_that_is_not_there_says_so_at_once(
    waiter: str, of: dict[str, str]
) -> None:
    with pytest.raises(WaiterError, match=r"ValidationException|RecordNotFound|not found"):
        boto3.client("sagemaker").get_waiter(waiter).wait(**of, WaiterConfig={"MaxAttempts": 1})
