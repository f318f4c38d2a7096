"""Jobs and servers on a machine that has neither bubblewrap nor unshare."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud import process
from local_cloud.sagemaker.runner import isolation
from local_cloud.settings import LocalCloudSettings
from tests.faults.test_local_cloud_survives import await_true
from tests.local_cloud_fixture import RunningCloud

SERVER = """
import http.server, os, pathlib
root = pathlib.Path(os.environ["SAGEMAKER_LOCAL_ML_ROOT"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (root / "model" / "name").read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        self.do_GET()
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
SCRIPT = """
import os, pathlib, shutil
source = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]) / "name"
shutil.copy(source, pathlib.Path(os.environ["SM_MODEL_DIR"]) / "name")
"""
TOOLS = ("sh", "cat", "sleep", "test", "mkdir", "cp")


@pytest.fixture
def bare_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCloud]:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    state = tmp_path / "state with spaces"
    state.mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    (state / "images.toml").write_text(
        f"""
        [[image]]
        repository = "scripts"
        tag = "*"
        train = ["{{python}}", "{{containers}}/training_toolkit.py"]
        serve = ["{{python}}", "{tmp_path}/server.py"]
        """
    )
    settings = process.start(LocalCloudSettings(state_dir=state), any_port=True)
    yield RunningCloud(settings)
    process.stop(settings)


def archive(name: str, text: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def test_script_mode_trains_and_an_endpoint_serves(bare_cloud: RunningCloud) -> None:
    s3, sagemaker = bare_cloud.client("s3"), bare_cloud.client("sagemaker")
    allowed = [{"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": ["*"]}]
    role = bare_cloud.role("jobs", allowed, trusts=["sagemaker.amazonaws.com"])
    s3.create_bucket(Bucket="bare")
    s3.put_object(Bucket="bare", Key="code.tar.gz", Body=archive("train.py", SCRIPT))
    s3.put_object(Bucket="bare", Key="data/name", Body=b"rook")
    sagemaker.create_training_job(
        TrainingJobName="bare",
        AlgorithmSpecification={"TrainingImage": "r/scripts:1", "TrainingInputMode": "File"},
        RoleArn=role,
        HyperParameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "s3://bare/code.tar.gz",
        },
        InputDataConfig=[
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bare/data/"}
                },
            }
        ],
        OutputDataConfig={"S3OutputPath": "s3://bare/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName="bare", WaiterConfig={"Delay": 1}
    )
    job = sagemaker.describe_training_job(TrainingJobName="bare")
    assert job["TrainingJobStatus"] == "Completed", job
    log = (bare_cloud.settings.jobs_dir / "training-job-bare" / "job.log").read_text()
    assert "private to this job by: rewrite" in log

    container = {
        "Image": "r/scripts:1",
        "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
    }
    sagemaker.create_model(ModelName="bare", PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {
        "VariantName": "only",
        "ModelName": "bare",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="bare", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="bare", EndpointConfigName="bare")

    def settled() -> bool:
        described = sagemaker.describe_endpoint(EndpointName="bare")
        assert described["EndpointStatus"] != "Failed", json.dumps(described, default=str)
        return bool(described["EndpointStatus"] == "InService")

    await_true(settled)
    runtime = bare_cloud.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="bare", Body=b"who are you?")
    assert answer["Body"].read() == b"rook"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/opt/ml", "/job"),
        ("--out=/opt/ml/model", "--out=/job/model"),
        ("/usr/bin:/opt/ml/bin", "/usr/bin:/job/bin"),
        ("file:///opt/ml/x", "file:///job/x"),
        ("/opt/mlflow/bin", "/opt/mlflow/bin"),
        ("/srv/opt/ml/x", "/srv/opt/ml/x"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
    ],
)
def test_only_the_containers_own_folder_is_rewritten(
    text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "method", lambda: "rewrite")
    command = isolation.isolate(
        isolation.View(ml=Path("/job"), scratch=Path("/scratch")), [text], {"NAME": text}
    )
    assert command.argv == [expected]
    assert command.environment["NAME"] == expected
