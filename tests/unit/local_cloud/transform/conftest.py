from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.local_cloud_fixture import RunningCloud, running_cloud
from tests.unit.local_cloud.endpoints.conftest import archive, until

SERVER = Path(__file__).with_name("container_server.py")
IMAGES = f"""
[[image]]
repository = "adding"
tag = "*"
serve = ["{{python}}", "{SERVER}"]
"""
BUCKET = "data"
MODEL = "adder"
STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["*"]},
    {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{BUCKET}/out/*"]},
    {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": ["arn:aws:logs:*:*:log-group:/aws/sagemaker/TransformJobs*"],
    },
]
OVER = ("Completed", "Failed", "Stopped")


@dataclass
class Transforms:
    """Runs transform jobs of one model on a real local cloud."""

    cloud: RunningCloud
    sagemaker: Any
    s3: Any
    role: str
    """The models' role."""

    def put(self, key: str, content: str | bytes) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def run(
        self, name: str, files: dict[str, str | bytes] | None = None, **changes: Any
    ) -> dict[str, Any]:
        """A job over files of these names and contents; answers its description at its end."""
        self.start(name, files, **changes)
        return self.ended(name)

    def start(self, name: str, files: dict[str, str | bytes] | None = None, **changes: Any) -> None:
        for file, content in (files or {}).items():
            self.put(f"in/{name}/{file}", content)
        self.sagemaker.create_transform_job(**request(name, **changes))

    def ended(self, name: str) -> dict[str, Any]:
        until(lambda: self.describe(name)["TransformJobStatus"] in OVER)
        return self.describe(name)

    def describe(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.sagemaker.describe_transform_job(TransformJobName=name)
        return described

    def outputs(self, name: str) -> dict[str, str]:
        """Key after the output's prefix -> content."""
        prefix = f"out/{name}/"
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {one["Key"].removeprefix(prefix): self._text(one["Key"]) for one in found}

    def _text(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body.decode()

    def requests(self, name: str) -> list[dict[str, Any]]:
        """What the container saw, in the order of its arrival."""
        lines = (self.folder(name) / "job.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def folder(self, name: str) -> Path:
        return self.cloud.settings.jobs_dir / f"transform-job-{name}"

    def processes(self, name: str) -> list[psutil.Process]:
        """The living processes that run for the job."""
        mark = str(self.folder(name))
        return [one for one in psutil.process_iter() if mark in " ".join(_words(one))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return [] if process.status() == psutil.STATUS_ZOMBIE else list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def request(name: str, **changes: Any) -> dict[str, Any]:
    """A request of CreateTransformJob; ``input`` and ``output`` change the two structures."""
    more_input, more_output = changes.pop("input", {}), changes.pop("output", {})
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/{name}/"}
    return {
        "TransformJobName": name,
        "ModelName": MODEL,
        "TransformInput": {"DataSource": {"S3DataSource": source}, **more_input},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out/{name}", **more_output},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }


@pytest.fixture(scope="session")
def transforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transforms]:
    """On a local cloud of its own: the tests stop it and start it again."""
    with running_cloud(tmp_path_factory.mktemp("transforms")) as cloud:
        (cloud.settings.state_dir / "images.toml").write_text(IMAGES)
        sagemaker, s3 = cloud.client("sagemaker"), cloud.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        role = cloud.role("transforms", STATEMENTS, trusts=["sagemaker.amazonaws.com"])
        made = Transforms(cloud, sagemaker, s3, role)
        made.put("model.tar.gz", archive({"name.txt": MODEL.encode()}))
        container = {
            "Image": "registry.example/adding:1",
            "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
            "Environment": {"FROM_MODEL": "model", "IN_BOTH": "model"},
        }
        sagemaker.create_model(ModelName=MODEL, PrimaryContainer=container, ExecutionRoleArn=role)
        yield made
