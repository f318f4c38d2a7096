from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud_fixture import RunningCloud

BUCKET = "build-sources"
FRAMEWORK = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19.0-cpu-py312"
PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
]
BUILD_STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": f"arn:aws:s3:::{BUCKET}/*"},
    {"Effect": "Allow", "Action": ["logs:*"], "Resource": "*"},
    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": [*PUSH, "ecr:BatchGetImage"],
        "Resource": "arn:aws:ecr:*:*:repository/allowed-*",
    },
]
JOB_STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": [
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchCheckLayerAvailability",
        ],
        "Resource": "arn:aws:ecr:*:*:repository/allowed-*",
    },
]
LOGIN = "aws ecr get-login-password | docker login --username AWS --password-stdin"
BUILDSPEC = {
    "version": "0.2",
    "phases": {
        "pre_build": {"commands": [f"{LOGIN} $REGISTRY"]},
        "build": {"commands": ["docker build --tag $REPOSITORY:$TAG ."]},
        "post_build": {"commands": ["docker push $REPOSITORY:$TAG"]},
    },
}


def zipped(files: Mapping[str, str], executable: tuple[str, ...] = ()) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name in executable else 0o644) << 16
            archive.writestr(entry, text)
    return made.getvalue()


def await_(look: Callable[[], Any], seconds: float = 150) -> Any:
    """What ``look`` answers once that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come to that in time")


@dataclass
class BuildPlace:
    """Makes projects, repositories, builds and jobs on a real local cloud."""

    cloud: RunningCloud
    build_role: str
    job_role: str

    def client(self, name: str) -> Any:
        return self.cloud.client(name)

    @property
    def registry(self) -> str:
        return self.cloud.settings.registry

    def repository(self, name: str, **options: Any) -> str:
        self.client("ecr").create_repository(repositoryName=name, **options)
        return f"{self.registry}/{name}"

    def build(
        self,
        name: str,
        files: Mapping[str, str],
        *,
        executable: tuple[str, ...] = (),
        buildspec: Any = BUILDSPEC,
        variables: Mapping[str, str] | None = None,
        repository: str | None = None,
        privileged: bool = True,
        **start: Any,
    ) -> dict[str, Any]:
        """A project of these files, built once; answers the build's record at its end."""
        self.project(name, files, executable, buildspec, privileged)
        given = {
            "REGISTRY": self.registry,
            "REPOSITORY": f"{self.registry}/{repository or name}",
            "TAG": "one",
            **(variables or {}),
        }
        overrides = [{"name": key, "value": value} for key, value in given.items()]
        codebuild = self.client("codebuild")
        started = codebuild.start_build(
            projectName=name, environmentVariablesOverride=overrides, **start
        )
        return self.ended(started["build"]["id"])

    def project(
        self,
        name: str,
        files: Mapping[str, str],
        executable: tuple[str, ...] = (),
        buildspec: Any = BUILDSPEC,
        privileged: bool = True,
    ) -> None:
        body = zipped(files, executable)
        self.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=body)
        source: dict[str, Any] = {"type": "S3", "location": f"{BUCKET}/{name}.zip"}
        if buildspec is not None:
            source["buildspec"] = buildspec if isinstance(buildspec, str) else json.dumps(buildspec)
        self.client("codebuild").create_project(
            name=name,
            source=source,
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": privileged,
            },
            serviceRole=self.build_role,
        )

    def ended(self, build_id: str) -> dict[str, Any]:
        codebuild = self.client("codebuild")

        def look() -> dict[str, Any] | None:
            build: dict[str, Any] = codebuild.batch_get_builds(ids=[build_id])["builds"][0]
            return None if build["buildStatus"] == "IN_PROGRESS" else build

        found: dict[str, Any] = await_(look)
        return found

    def log(self, build: Mapping[str, Any]) -> str:
        folder: Path = self.cloud.settings.builds_dir / build["id"].partition(":")[2]
        return (folder / "build.log").read_text()

    def train(self, name: str, image: str, **algorithm: Any) -> dict[str, Any]:
        """A training job in the image; answers its description at its end."""
        sagemaker = self.client("sagemaker")
        sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={
                "TrainingImage": image,
                "TrainingInputMode": "File",
                **algorithm,
            },
            RoleArn=self.job_role,
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
        )

        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
            return job if job["TrainingJobStatus"] in ("Completed", "Failed") else None

        found: dict[str, Any] = await_(look)
        return found

    def job_log(self, name: str) -> str:
        path: Path = self.cloud.settings.jobs_dir / f"training-job-{name}" / "job.log"
        return path.read_text()


def place_on(cloud: RunningCloud) -> BuildPlace:
    """A bucket for sources and the roles of builds and jobs."""
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    build_role = cloud.role("builds", BUILD_STATEMENTS, trusts=["codebuild.amazonaws.com"])
    job_role = cloud.role("image-jobs", JOB_STATEMENTS, trusts=["sagemaker.amazonaws.com"])
    return BuildPlace(cloud, build_role, job_role)


@pytest.fixture(scope="session")
def place(cloud: RunningCloud) -> BuildPlace:
    return place_on(cloud)
