from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud_fixture import RunningCloud

TOOLKIT = "registry.example/scripts:1"
PLAIN = "registry.example/plain:1"
IMAGES = """
[[image]]
repository = "scripts"
tag = "*"
train = ["{python}", "{containers}/training_toolkit.py"]

[[image]]
repository = "plain"
tag = "*"
train = ["/bin/sh", "/opt/ml/input/data/code/program.sh"]
"""
BUCKET = "jobs"
STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["*"]},
    {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["*"]},
    {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": ["*"],
    },
]


@dataclass
class Jobs:
    """Creates jobs on a real local cloud and awaits their ends."""

    cloud: RunningCloud
    role: str
    sagemaker: Any
    s3: Any

    def put(self, key: str, content: str | bytes) -> str:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def body(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def train(self, name: str, program: str, **changes: Any) -> dict[str, Any]:
        """A training job whose `train` is a shell program; answers its description at its end."""
        self.start_training(name, program, **changes)
        return self.await_training(name)

    def start_training(self, name: str, program: str, **changes: Any) -> None:
        # Where the system gives no job an /opt/ml of its own, this variable says where it is.
        anywhere = program.replace("/opt/ml", "${SAGEMAKER_BASE_DIR:-/opt/ml}")
        self.put(f"{name}/code/program.sh", anywhere)
        request = self.request(name, PLAIN, f"s3://{BUCKET}/{name}/code/", "code")
        self.sagemaker.create_training_job(**{**request, **changes})

    def request(self, name: str, image: str, uri: str, channel: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": uri}
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "InputDataConfig": [{"ChannelName": channel, "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }

    def await_training(self, name: str, *statuses: str) -> dict[str, Any]:
        wanted = statuses or ("Completed", "Failed", "Stopped")
        return self._await(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name),
            "TrainingJobStatus",
            wanted,
        )

    def await_processing(self, name: str) -> dict[str, Any]:
        return self._await(
            lambda: self.sagemaker.describe_processing_job(ProcessingJobName=name),
            "ProcessingJobStatus",
            ("Completed", "Failed", "Stopped"),
        )

    def await_tuning(self, name: str) -> dict[str, Any]:
        return self._await(
            lambda: self.sagemaker.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            ),
            "HyperParameterTuningJobStatus",
            ("Completed", "Failed", "Stopped"),
        )

    def log(self, kind: str, name: str) -> str:
        path: Path = self.cloud.settings.jobs_dir / f"{kind}-{name}" / "job.log"
        return path.read_text()

    def log_of(self, kind: str, name: str, host: str) -> str:
        """The log of one of several hosts."""
        folder = self.cloud.settings.jobs_dir / f"{kind}-{name}"
        return (folder / host / "job.log").read_text()

    def _await(self, describe: Any, member: str, wanted: tuple[str, ...]) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            description: dict[str, Any] = describe()
            if description[member] in wanted:
                return description
            time.sleep(0.1)
        raise AssertionError(f"still {description[member]}: {description}")


@pytest.fixture(scope="session")
def jobs(cloud: RunningCloud) -> Jobs:
    assert shutil.which("sh")
    assert sys.executable
    (cloud.settings.state_dir / "images.toml").write_text(IMAGES)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    role = cloud.role("jobs", STATEMENTS, trusts=["sagemaker.amazonaws.com"])
    return Jobs(cloud, role, cloud.client("sagemaker"), s3)
