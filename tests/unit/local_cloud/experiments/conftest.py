from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker import dispatch, validation
from tests.unit.local_cloud.sagemaker_doubles import assert_output_shape, make_service


class Cloud:
    """SageMaker's actions over a real store; every answer is held to botocore's shape."""

    def __init__(self, folder: Path) -> None:
        self.service, self.aws, _, self.tasks = make_service(folder)

    def call(self, action: str, **request: Any) -> Any:
        answer = dispatch.perform(self.service, action, request)
        if validation.operation(action).output_shape is not None:
            assert_output_shape(action, answer)
        return answer

    def training_job(self, name: str, **more: Any) -> str:
        """Write the record of a training job; answers its ARN."""
        arn = self.service.arn(f"training-job/{name}")
        document = {
            "TrainingJobName": name,
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Training",
            "HyperParameters": {"epochs": "3", "optimizer": "adam"},
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "RoleArn": "arn:aws:iam::000000000000:role/jobs",
            "OutputDataConfig": {"S3OutputPath": "s3://artifacts"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "SecondaryStatusTransitions": [],
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://artifacts/{name}/model.tar.gz"},
            "CreationTime": 1.0,
            "LastModifiedTime": 1.0,
            "_metrics": [],
            **more,
        }
        self.service.store.create("training-job", name, document)
        return arn


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path)
    yield made
    made.tasks.shut_down()
    made.service.store.close()
