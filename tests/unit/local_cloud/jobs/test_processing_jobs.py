from __future__ import annotations

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


def test_an_output_outside_of_the_containers_folder_is_refused(jobs: Jobs) -> None:
    asked = request(jobs, "outside", ["true"])
    (output,) = asked["ProcessingOutputConfig"]["Outputs"]
    output["S3Output"]["LocalPath"] = "/opt/ml/processing/../../other"
    with pytest.raises(ClientError, match="must lie below /opt/ml/processing"):
        jobs.sagemaker.create_processing_job(**asked)
