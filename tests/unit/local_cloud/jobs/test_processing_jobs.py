from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.jobs.conftest import BUCKET, PLAIN, Jobs


def request(jobs: Jobs, name: str, program: list[str], **changes: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "RoleArn": jobs.role,
        "AppSpecification": {
            "ImageUri": PLAIN,
            "ContainerEntrypoint": ["sh", "-c", " && ".join(program), "program"],
            "ContainerArguments": ["--depth", "3 of them"],
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            }
        },
        "ProcessingInputs": [
            {
                "InputName": "in",
                "S3Input": {
                    "S3Uri": f"s3://{BUCKET}/inputs/{name}/",
                    "LocalPath": "/opt/ml/processing/input/in",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "out",
                    "S3Output": {
                        "S3Uri": f"s3://{BUCKET}/outputs/{name}",
                        "LocalPath": "/opt/ml/processing/output/out",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        **changes,
    }


def run(jobs: Jobs, name: str, program: list[str]) -> dict[str, Any]:
    jobs.put(f"inputs/{name}/deep/größe 1.txt", "data")
    jobs.sagemaker.create_processing_job(**request(jobs, name, program))
    return jobs.await_processing(name)


def test_inputs_and_arguments_come_in_and_outputs_go_out(jobs: Jobs) -> None:
    program = [
        "mkdir /opt/ml/processing/output/out/sub",
        'cp "/opt/ml/processing/input/in/deep/größe 1.txt" /opt/ml/processing/output/out/sub/copy',
        'echo "$2" > /opt/ml/processing/output/out/argument',
    ]
    described = run(jobs, "copying", program)
    assert described["ProcessingJobStatus"] == "Completed", described
    assert jobs.body("outputs/copying/sub/copy") == b"data"
    assert jobs.body("outputs/copying/argument") == b"3 of them\n"


def test_a_failed_job_shows_its_message_and_keeps_what_it_wrote(jobs: Jobs) -> None:
    program = [
        "echo partial > /opt/ml/processing/output/out/partial",
        'echo "one class only: cats" > /opt/ml/output/message',
        "exit 1",
    ]
    described = run(jobs, "refusing", program)
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["ExitMessage"] == "one class only: cats"
    assert described["FailureReason"].startswith("AlgorithmError")
    assert jobs.body("outputs/refusing/partial") == b"partial\n"


def test_an_input_that_is_missing_fails_the_job_with_its_prefix(jobs: Jobs) -> None:
    jobs.sagemaker.create_processing_job(**request(jobs, "no-input", ["true"]))
    described = jobs.await_processing("no-input")
    assert "inputs/no-input" in described["FailureReason"]


def test_continuous_outputs_go_out_while_the_job_runs_and_managed_ones_not_at_all(
    jobs: Jobs,
) -> None:
    asked = request(
        jobs,
        "continuous",
        [
            "cp /opt/ml/processing/input/in/listed /opt/ml/processing/output/out/first",
            "until [ -e /opt/ml/processing/input/in/never ]; do sleep 0.1; done",
        ],
    )
    jobs.put("inputs/continuous/a/listed", "from the manifest")
    manifest = [{"prefix": f"s3://{BUCKET}/inputs/continuous/a/"}, "listed"]
    jobs.put("inputs/continuous.json", json.dumps(manifest))
    (given,) = asked["ProcessingInputs"]
    given["S3Input"].update(
        S3Uri=f"s3://{BUCKET}/inputs/continuous.json", S3DataType="ManifestFile"
    )
    asked["ProcessingInputs"].append(
        {
            "InputName": "own",
            "AppManaged": True,
            "S3Input": {"S3Uri": f"s3://{BUCKET}/none/", "S3DataType": "S3Prefix"},
        }
    )
    config = asked["ProcessingOutputConfig"]
    config["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    config["Outputs"].append(
        {
            "OutputName": "own",
            "AppManaged": True,
            "S3Output": {"S3Uri": f"s3://{BUCKET}/none", "S3UploadMode": "EndOfJob"},
        }
    )
    jobs.sagemaker.create_processing_job(**asked)
    deadline = time.monotonic() + 60
    while not _objects(jobs, "outputs/continuous/"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert jobs.body("outputs/continuous/first") == b"from the manifest"
    jobs.sagemaker.stop_processing_job(ProcessingJobName="continuous")
    assert jobs.await_processing("continuous")["ProcessingJobStatus"] == "Stopped"


def _objects(jobs: Jobs, prefix: str) -> list[str]:
    listed = jobs.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def test_a_request_is_refused_with_all_its_faults(jobs: Jobs) -> None:
    asked = request(jobs, "wrong", ["true"])
    (given,), (output,) = asked["ProcessingInputs"], asked["ProcessingOutputConfig"]["Outputs"]
    del given["S3Input"]["LocalPath"]
    asked["ProcessingInputs"] = [given, given]
    output["S3Output"]["LocalPath"] = "/opt/ml/processing/../../other"
    with pytest.raises(ClientError) as refused:
        jobs.sagemaker.create_processing_job(**asked)
    message = refused.value.response["Error"]["Message"]
    assert message.startswith("4 validation errors detected: ")
    for fault in (
        "Input names must be unique within the request.",
        "LocalPath of input in is required when AppManaged is False.",
        "must lie below /opt/ml/processing",
    ):
        assert fault in message
