"""A Callback step over the real queue, under the real policies of both sides."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud

PATIENCE_SECONDS = 30


def test_who_reads_the_queue_may_answer_executions_that_a_policy_names(
    cloud: RunningCloud,
) -> None:
    sqs, sagemaker = cloud.client("sqs"), cloud.client("sagemaker")
    url = sqs.create_queue(QueueName="reviews")["QueueUrl"]
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    role = cloud.role("asks", [send], trusts=["sagemaker.amazonaws.com"])
    step = {
        "Name": "Ask",
        "Type": "Callback",
        "Arguments": {},
        "SqsQueueUrl": url,
        "OutputParameters": [{"OutputName": "verdict", "OutputType": "String"}],
    }
    definition = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    sagemaker.create_pipeline(PipelineName="asking", PipelineDefinition=definition, RoleArn=role)
    arn = sagemaker.start_pipeline_execution(PipelineName="asking")["PipelineExecutionArn"]
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    token = json.loads(message["Body"])["token"]
    outputs = [{"Name": "verdict", "Value": "good"}]

    def answer_as(name: str, resource: str) -> None:
        allowed = {
            "Effect": "Allow",
            "Action": "sagemaker:SendPipelineExecutionStepSuccess",
            "Resource": resource,
        }
        caller = cloud.client_as(cloud.role(name, [allowed], trusts=[]), "sagemaker")
        caller.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=outputs)

    with pytest.raises(ClientError, match="AccessDenied"):
        answer_as("answers-others", arn.replace("asking", "another"))
    answer_as("answers-these", arn.rpartition("/")[0] + "/*")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if described["PipelineExecutionStatus"] != "Executing":
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert described["PipelineExecutionStatus"] == "Succeeded"
