"""Which program of an image of one's own runs, where, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.builds.conftest import (
    BUCKET,
    FRAMEWORK,
    LOGIN,
    BuildPlace,
    await_,
)

LOGINS = [f"{LOGIN} $REGISTRY", f"{LOGIN} {FRAMEWORK.split('/')[0]}"]
BUILDSPEC = {
    "version": "0.2",
    "phases": {
        "pre_build": {"commands": LOGINS},
        "build": {
            "commands": ["docker build -t local .", "docker tag local $REPOSITORY:$TAG"],
        },
        "post_build": {"commands": ["docker push $REPOSITORY:$TAG"]},
    },
}
SAY = '#!/bin/sh\necho "says $0 $* in $PWD with $COLOUR"\ncat /etc/rook/word\n'


def made(place: BuildPlace, name: str, files: Mapping[str, str]) -> str:
    """An image of these files; answers its address."""
    repository = place.repository(f"allowed-{name}")
    build = place.build(f"allowed-{name}", files, buildspec=BUILDSPEC)
    assert build["buildStatus"] == "SUCCEEDED", place.log(build)
    return f"{repository}:one"


def test_script_mode_works_in_an_image_that_extends_the_framework(place: BuildPlace) -> None:
    dockerfile = f"""
    FROM {FRAMEWORK}
    COPY code /opt/ml/code
    COPY team /opt/team
    ENV SAGEMAKER_PROGRAM=learn.py PYTHONPATH=/opt/team
    """
    script = "import helper, os\nprint('learned', helper.WORD, os.environ['SM_MODEL_DIR'][-5:])\n"
    files = {"Dockerfile": dockerfile, "code/learn.py": script, "team/helper.py": "WORD = 'x'\n"}
    job = place.train("extended", made(place, "extended", files))
    assert job["TrainingJobStatus"] == "Completed", (job, place.job_log("extended"))
    assert "learned x model" in place.job_log("extended")


def test_an_entrypoint_gets_train_and_a_request_replaces_both(place: BuildPlace) -> None:
    dockerfile = """
    FROM python:3.12-slim
    COPY --chmod=755 say /opt/tools/bin/say
    COPY word /etc/rook/word
    ENV PATH=/opt/tools/bin:$PATH COLOUR=green
    WORKDIR /opt/tools
    ENTRYPOINT ["say"]
    """
    image = made(place, "entry", {"Dockerfile": dockerfile, "say": SAY, "word": "rook\n"})
    for name, algorithm, told in (
        ("entry-own", {}, "train in"),
        ("entry-arguments", {"ContainerArguments": ["more", "words"]}, "more words in"),
        ("entry-both", {"ContainerEntrypoint": ["say", "this"]}, "this in"),
    ):
        job = place.train(name, image, **algorithm)
        assert job["TrainingJobStatus"] == "Completed", (job, place.job_log(name))
        log = place.job_log(name)
        assert f"{told} " in log
        assert "/opt/tools with green" in log


def test_a_processing_job_runs_the_images_own_command(place: BuildPlace) -> None:
    dockerfile = """
    FROM python:3.12-slim
    COPY step.py /srv/step.py
    CMD ["python3", "/srv/step.py", "by itself"]
    """
    step = "import sys\nprint('stepped', sys.argv[1])\n"
    image = made(place, "step", {"Dockerfile": dockerfile, "step.py": step})
    sagemaker = place.client("sagemaker")
    sagemaker.create_processing_job(
        ProcessingJobName="step",
        AppSpecification={"ImageUri": image},
        RoleArn=place.job_role,
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
    )

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName="step")
        return job if job["ProcessingJobStatus"] in ("Completed", "Failed") else None

    job = await_(ended)
    assert job["ProcessingJobStatus"] == "Completed", job
    log = place.cloud.settings.jobs_dir / "processing-job-step" / "job.log"
    assert "stepped by itself" in log.read_text()


def test_an_image_without_the_program_fails_the_job(place: BuildPlace) -> None:
    image = made(place, "programless", {"Dockerfile": "FROM python:3.12-slim\n"})
    job = place.train("without-train", image)
    assert job["TrainingJobStatus"] == "Failed"
    assert "has no program `train`" in job["FailureReason"]


def test_an_image_that_is_not_in_ecr_fails_the_job_in_awss_words(place: BuildPlace) -> None:
    place.repository("allowed-nothing")
    image = f"{place.registry}/allowed-nothing:one"
    job = place.train("no-image", image)
    assert f"Requested image {image} not found." in job["FailureReason"]
    job = place.train("no-repository", f"{place.registry}/allowed-nowhere:one")
    assert "Cannot find repository: allowed-nowhere in registry ID: 0000" in job["FailureReason"]


def test_a_model_of_an_image_that_is_not_there_is_refused(place: BuildPlace) -> None:
    place.repository("allowed-no-model")
    image = f"{place.registry}/allowed-no-model:one"
    with pytest.raises(ClientError, match=f"Requested image {image} not found"):
        place.client("sagemaker").create_model(
            ModelName="no-image", PrimaryContainer={"Image": image}, ExecutionRoleArn=place.job_role
        )


def test_a_role_that_may_not_pull_fails_the_job(place: BuildPlace) -> None:
    place.repository("others")
    job = place.train("no-pull", f"{place.registry}/others:one")
    assert "ecr:BatchGetImage" in job["FailureReason"]
    assert "AccessDenied" in job["FailureReason"]


def test_what_one_job_writes_beside_the_images_files_no_other_sees(place: BuildPlace) -> None:
    program = """#!/usr/bin/env python3
import os, pathlib
here = pathlib.Path(__file__).parent
print("found", sorted(os.listdir(here)))
(here / "left").write_text("x")
(here / "train").write_text("broken")
"""
    dockerfile = """
    FROM python:3.12-slim
    COPY --chmod=755 train /opt/program/train
    ENV PATH="/opt/program:${PATH}"
    """
    image = made(place, "alone", {"Dockerfile": dockerfile, "train": program})
    for name in ("alone-1", "alone-2"):
        job = place.train(name, image)
        assert job["TrainingJobStatus"] == "Completed", (job, place.job_log(name))
        assert "found ['train']" in place.job_log(name)


def test_a_batch_transform_is_served_by_the_image(place: BuildPlace) -> None:
    dockerfile = """
    FROM python:3.12-slim
    COPY serve.py /srv/serve.py
    ENTRYPOINT ["python", "/srv/serve.py"]
    """
    serve = """
import http.server, os, sys
assert sys.argv[1:] == ["serve"], sys.argv
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ping" else 404)
        self.end_headers()
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).upper()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
    image = made(place, "shout", {"Dockerfile": dockerfile, "serve.py": serve})
    sagemaker, s3 = place.client("sagemaker"), place.client("s3")
    sagemaker.create_model(
        ModelName="shout", PrimaryContainer={"Image": image}, ExecutionRoleArn=place.job_role
    )
    s3.put_object(Bucket=BUCKET, Key="shout/in/a.txt", Body=b"quiet")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/shout/in/"}
    sagemaker.create_transform_job(
        TransformJobName="shout",
        ModelName="shout",
        TransformInput={"DataSource": {"S3DataSource": source}, "ContentType": "text/plain"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/shout/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = sagemaker.describe_transform_job(TransformJobName="shout")
        return job if job["TransformJobStatus"] in ("Completed", "Failed") else None

    job = await_(ended)
    assert job["TransformJobStatus"] == "Completed", job
    body = s3.get_object(Bucket=BUCKET, Key="shout/out/a.txt.out")["Body"].read()
    assert body == b"QUIET"
