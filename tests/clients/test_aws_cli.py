"""The AWS CLI, as a program of its own; the page for strangers has more of its commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.conftest import BUCKET
from tests.local_cloud_fixture import RunningCloud

AWS = Path(sys.executable).with_name("aws")
SERVER = Path(__file__).with_name("server.py")
IMAGES = f"""
[[image]]
repository = "capitals"
tag = "*"
serve = ["{{python}}", "{SERVER}"]
train = ["/bin/sh", "-c", "echo trained"]
"""
IMAGE = "example.com/capitals:1"
NAME = "capitals"


def aws(*arguments: str) -> str:
    done = subprocess.run([str(AWS), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def endpoint(cloud: RunningCloud, role: str, numbers: str) -> str:
    """An asynchronous one, made with the CLI."""
    (cloud.settings.state_dir / "images.toml").write_text(IMAGES)
    aws(
        "sagemaker", "create-model", "--model-name", NAME, "--execution-role-arn", role,
        "--primary-container", f"Image={IMAGE}", "--tags", "Key=team,Value=letters",
    )  # fmt: skip
    aws(
        "sagemaker", "create-endpoint-config", "--endpoint-config-name", NAME,
        "--production-variants",
        f"VariantName=one,ModelName={NAME},InstanceType=ml.m5.large,InitialInstanceCount=1",
        "--async-inference-config", f"OutputConfig={{S3OutputPath=s3://{BUCKET}/answers}}",
    )  # fmt: skip
    aws("sagemaker", "create-endpoint", "--endpoint-name", NAME, "--endpoint-config-name", NAME)
    # `aws sagemaker wait endpoint-in-service` looks twice a minute.
    waiter = boto3.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    aws("sagemaker", "wait", "endpoint-in-service", "--endpoint-name", NAME)
    return NAME


def test_an_asynchronous_request_lies_answered_where_the_cli_is_told(endpoint: str) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="questions/1", Body=b"who is there")

    told: dict[str, Any] = json.loads(
        aws(
            "sagemaker-runtime", "invoke-endpoint-async", "--endpoint-name", endpoint,
            "--input-location", f"s3://{BUCKET}/questions/1", "--content-type", "text/plain",
        )
    )  # fmt: skip

    key = told["OutputLocation"].removeprefix(f"s3://{BUCKET}/")
    boto3.client("s3").get_waiter("object_exists").wait(
        Bucket=BUCKET, Key=key, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert aws("s3", "cp", told["OutputLocation"], "-") == "WHO IS THERE"


def test_tags_and_states_are_told_through_queries(endpoint: str) -> None:
    arn = aws(
        "sagemaker", "describe-model", "--model-name", NAME, "--query", "ModelArn",
        "--output", "text",
    ).strip()  # fmt: skip
    team = "Tags[?Key=='team'].Value | [0]"
    tagged = aws(
        "sagemaker", "list-tags", "--resource-arn", arn, "--query", team, "--output", "text"
    )
    found = aws(
        "sagemaker", "list-endpoints", "--status-equals", "InService", "--name-contains", "capit",
        "--query", "Endpoints[].EndpointName", "--output", "text",
    )  # fmt: skip

    assert (tagged.strip(), found.strip()) == ("letters", endpoint)


def test_a_fault_ends_the_cli_with_awss_code_and_words() -> None:
    done = subprocess.run(
        [str(AWS), "sagemaker", "describe-endpoint", "--endpoint-name", "nobodys"],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 255
    assert "(ValidationException) when calling the DescribeEndpoint operation" in done.stderr
    assert 'Could not find endpoint "arn:aws:sagemaker:' in done.stderr


def test_a_pipeline_is_made_from_a_file_run_and_found_by_a_search(
    role: str, tmp_path: Path
) -> None:
    stop = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "seen enough"}}
    file = tmp_path / "definition.json"
    file.write_text(json.dumps({"Version": "2020-12-01", "Steps": [stop]}))
    aws(
        "sagemaker", "create-pipeline", "--pipeline-name", "from-a-file", "--role-arn", role,
        "--pipeline-definition", f"file://{file}", "--client-request-token", "once" * 8,
    )  # fmt: skip
    execution = aws(
        "sagemaker", "start-pipeline-execution", "--pipeline-name", "from-a-file",
        "--query", "PipelineExecutionArn", "--output", "text",
    ).strip()  # fmt: skip
    sagemaker = boto3.client("sagemaker")
    deadline = time.monotonic() + 60
    while (
        sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)[
            "PipelineExecutionStatus"
        ]
        == "Executing"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    steps = aws(
        "sagemaker", "list-pipeline-execution-steps", "--pipeline-execution-arn", execution,
        "--query", "PipelineExecutionSteps[].[StepName,StepStatus,FailureReason]",
        "--output", "text",
    )  # fmt: skip
    named = "Filters=[{Name=PipelineName,Operator=Equals,Value=from-a-file}]"
    found = aws(
        "sagemaker", "search", "--resource", "Pipeline", "--search-expression", named,
        "--query", "Results[].Pipeline.PipelineName", "--output", "text",
    )  # fmt: skip

    assert steps.strip().split("\t") == ["Stop", "Failed", "seen enough"]
    assert found.strip() == "from-a-file"
