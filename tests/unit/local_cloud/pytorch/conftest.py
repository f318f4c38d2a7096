from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.local_cloud_fixture import RunningCloud

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
TRAINING = f"{REGISTRY}/pytorch-training:2.10.0-cpu-py313-ubuntu22.04-sagemaker"
INFERENCE = f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
BUCKET = "torches"
STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["*"]},
    {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["*"]},
    {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": ["*"],
    },
]
ENDED = ("Completed", "Failed", "Stopped", "InService", "OutOfService")


@dataclass(frozen=True)
class PyTorch:
    """Trains and serves on a real local cloud, in AWS's PyTorch images."""

    cloud: RunningCloud
    role: str
    sagemaker: Any
    runtime: Any
    s3: Any

    def train(
        self,
        name: str,
        code: Mapping[str, str],
        hyperparameters: Mapping[str, str],
        *,
        instances: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A job in script mode whose program is train.py; its description at its end."""
        key = f"{name}/sourcedir.tar.gz"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=archive(code))
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={"TrainingImage": TRAINING, "TrainingInputMode": "File"},
            RoleArn=self.role,
            HyperParameters={
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{BUCKET}/{key}",
                **hyperparameters,
            },
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
            ResourceConfig={
                "InstanceType": "ml.m5.large",
                "InstanceCount": instances,
                "VolumeSizeInGB": 1,
            },
            StoppingCondition={"MaxRuntimeInSeconds": 300},
            Environment=dict(environment or {}),
        )
        return awaited(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name),
            "TrainingJobStatus",
        )

    def serve(self, name: str, model_data: str) -> dict[str, Any]:
        """An endpoint; its description once it has settled."""
        self.sagemaker.create_model(
            ModelName=name,
            PrimaryContainer={"Image": INFERENCE, "ModelDataUrl": model_data},
            ExecutionRoleArn=self.role,
        )
        variant = {
            "VariantName": "all",
            "ModelName": name,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return awaited(
            lambda: self.sagemaker.describe_endpoint(EndpointName=name), "EndpointStatus"
        )

    def log(self, job: str) -> str:
        folder = self.cloud.settings.jobs_dir / f"training-job-{job}"
        return "".join(file.read_text() for file in sorted(folder.glob("**/job.log")))


def awaited(describe: Callable[[], dict[str, Any]], member: str) -> dict[str, Any]:
    """The description once it has come to an end."""
    deadline = time.monotonic() + 240
    while (description := describe())[member] not in ENDED:
        assert time.monotonic() < deadline, description
        time.sleep(0.2)
    return description


def archive(files: Mapping[str, str]) -> bytes:
    """A tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pytorch(cloud: RunningCloud) -> PyTorch:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    role = cloud.role("torches", STATEMENTS, trusts=["sagemaker.amazonaws.com"])
    with pytest.MonkeyPatch.context() as environment:
        # A client that does not try again hides no failed request.
        environment.setenv("AWS_MAX_ATTEMPTS", "1")
        runtime = cloud.client("sagemaker-runtime")
    return PyTorch(cloud, role, cloud.client("sagemaker"), runtime, s3)
