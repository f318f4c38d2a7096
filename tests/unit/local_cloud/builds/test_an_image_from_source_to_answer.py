"""One image of one's own: built, pushed, trained in and served from."""

from __future__ import annotations

import io
import tarfile
from typing import Any

from tests.local_cloud_fixture import RunningCloud
from tests.unit.local_cloud.builds.conftest import BUCKET, BuildPlace, await_

DOCKERFILE = """
# A container of one's own.
FROM public.ecr.aws/docker/library/python:3.12-slim
ARG COLOUR=green
ENV COLOUR=$COLOUR PATH="/opt/program:${PATH}"
RUN apt-get update && apt-get install -y --no-install-recommends nginx \\
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir -r /tmp/requirements.txt
COPY program /opt/program
RUN chmod +x /opt/program/train
WORKDIR /opt/program
"""
TRAIN = """#!/usr/bin/env python3
import os, pathlib
import packaging
model = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model"
words = [os.environ["COLOUR"], pathlib.Path.cwd().name, open("word.txt").read().strip()]
(model / "words").write_text(" ".join(words))
"""
SERVE = """#!/usr/bin/env python
import http.server, os, pathlib
root = pathlib.Path(os.environ["SAGEMAKER_LOCAL_ML_ROOT"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (root / "model" / "words").read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    "requirements.txt": "packaging>=20  # compares versions\n",
    "program/train": TRAIN,
    "program/serve": SERVE,
    "program/word.txt": "rook\n",
}


def test_a_container_is_built_pushed_trained_in_and_served_from(place: BuildPlace) -> None:
    image = place.repository("allowed-own", imageTagMutability="IMMUTABLE")
    build = place.build("allowed-own", FILES, executable=("program/serve",))
    assert build["buildStatus"] == "SUCCEEDED", place.log(build)
    log = place.log(build)
    assert "not run in the local cloud: apt-get update" in log
    assert "packages of the image: packaging>=20" in log

    described = place.client("ecr").describe_images(
        repositoryName="allowed-own", imageIds=[{"imageTag": "one"}]
    )
    digest = described["imageDetails"][0]["imageDigest"]
    job = place.train("own", f"{image}@{digest}")
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), place.job_log("own"))
    assert words_of(place, job) == "green program rook"

    endpoint(place, f"{image}:one", job["ModelArtifacts"]["S3ModelArtifacts"])
    assert asked(place.cloud) == b"green program rook"


def words_of(place: BuildPlace, job: dict[str, Any]) -> str:
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    body = place.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        file = tar.extractfile("words")
        assert file is not None
        return file.read().decode()


def endpoint(place: BuildPlace, image: str, data: str) -> None:
    sagemaker = place.client("sagemaker")
    container = {"Image": image, "ModelDataUrl": data}
    sagemaker.create_model(
        ModelName="own", PrimaryContainer=container, ExecutionRoleArn=place.job_role
    )
    variant = {
        "VariantName": "only",
        "ModelName": "own",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="own", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="own", EndpointConfigName="own")

    def settled() -> bool:
        described = sagemaker.describe_endpoint(EndpointName="own")
        assert described["EndpointStatus"] != "Failed", described["FailureReason"]
        return bool(described["EndpointStatus"] == "InService")

    await_(settled)


def asked(cloud: RunningCloud) -> bytes:
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(EndpointName="own", Body=b"who?")
    body: bytes = answer["Body"].read()
    return body
