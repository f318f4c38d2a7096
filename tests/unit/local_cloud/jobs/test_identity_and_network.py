"""As whom a job calls AWS, and that an isolated one calls nobody."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

import pytest

from local_cloud.sagemaker.runner import isolation
from tests.unit.local_cloud.jobs.conftest import BUCKET, TOOLKIT, Jobs
from tests.unit.local_cloud.jobs.test_processing_jobs import request as processing_request

WHO = (
    "import boto3, json, os; print(json.dumps({'arn': boto3.client('sts').get_caller_identity()"
    "['Arn'], 'environment': dict(os.environ)}))"
)
ALONE = (
    "import os, socket; print([name for name in os.environ if 'CREDENTIALS' in name]);"
    "print(sorted(name for _, name in socket.if_nameindex()))"
)


def test_a_job_calls_aws_as_its_role_until_it_ends_and_holds_no_keys(jobs: Jobs) -> None:
    described = jobs.train("who", f'exec {sys.executable} -c "{WHO}"')
    assert described["TrainingJobStatus"] == "Completed", jobs.log("training-job", "who")
    lines = jobs.log("training-job", "who").splitlines()
    seen = json.loads(next(line for line in lines if line.startswith("{")))
    assert seen["arn"] == "arn:aws:sts::000000000000:assumed-role/jobs/who"
    assert not [name for name in seen["environment"] if "ACCESS_KEY" in name]
    given = seen["environment"]
    asked = urllib.request.Request(
        given["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        headers={"Authorization": given["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(asked)


def test_isolated_jobs_have_no_network_and_no_credentials(jobs: Jobs) -> None:
    program = f'{sys.executable} -c "{ALONE}"'
    described = jobs.train("isolated", program, EnableNetworkIsolation=True)
    assert described["TrainingJobStatus"] == "Completed", described
    asked = processing_request(jobs, "isolated", [program])
    del asked["ProcessingInputs"]
    asked["NetworkConfig"] = {"EnableNetworkIsolation": True}
    jobs.sagemaker.create_processing_job(**asked)
    assert jobs.await_processing("isolated")["ProcessingJobStatus"] == "Completed"
    for kind in ("training-job", "processing-job"):
        lines = [line for line in jobs.log(kind, "isolated").splitlines() if line.startswith("[")]
        own = [line for line in lines if not line.startswith("[local cloud]")]
        assert own[0] == "[]"
        if isolation.method() == "rewrite":
            assert any("the network is not cut off" in line for line in lines)
        else:
            assert own[1] == "['lo']"


def test_an_isolated_script_that_lies_in_s3_fails_with_its_place(jobs: Jobs) -> None:
    jobs.put("isolated-script/data", "x")
    request = jobs.request("isolated-script", TOOLKIT, f"s3://{BUCKET}/isolated-script/", "train")
    code = f"s3://{BUCKET}/code.tar.gz"
    request["HyperParameters"] = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": code,
    }
    jobs.sagemaker.create_training_job(**request, EnableNetworkIsolation=True)
    described = jobs.await_training("isolated-script")
    assert described["FailureReason"].startswith(
        f"AlgorithmError: ClientError: cannot read {code}: "
    )
