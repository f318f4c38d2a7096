"""Callback steps and selective executions of the SageMaker Python SDK v3's `Pipeline`."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.mlops.workflow.callback_step import (
    CallbackOutput,
    CallbackOutputTypeEnum,
    CallbackStep,
)
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.selective_execution_config import SelectiveExecutionConfig


@pytest.fixture
def queue(role: str) -> str:
    """The URL of a queue that the pipeline's role may send to."""
    sqs = boto3.client("sqs")
    url: str = sqs.create_queue(QueueName="reviews")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn["QueueArn"]}
    boto3.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="reviews",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return url


def review(queue: str) -> Pipeline:
    """Ask somebody, and fail unless the verdict is good."""
    verdict = CallbackOutput(output_name="verdict", output_type=CallbackOutputTypeEnum.String)
    ask = CallbackStep(name="Ask", sqs_queue_url=queue, inputs={"model": "m1"}, outputs=[verdict])
    good = ConditionEquals(left=ask.properties.Outputs["verdict"], right="good")
    refuse = FailStep(name="Refuse", error_message="nobody likes it")
    gate = ConditionStep(name="Gate", conditions=[good], if_steps=[], else_steps=[refuse])
    return Pipeline(name="Review", steps=[ask, gate])


def statuses(execution: Any) -> dict[str, str]:
    return {step["StepName"]: step["StepStatus"] for step in execution.list_steps()}


def test_a_pipeline_waits_for_an_answer_that_selected_steps_later_use_again(
    role: str, queue: str
) -> None:
    pipeline = review(queue)
    pipeline.upsert(role_arn=role)
    execution = pipeline.start()
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    asked = json.loads(message["Body"])
    assert asked["arguments"] == {"model": "m1"}
    assert asked["pipelineExecutionArn"] == execution.arn
    boto3.client("sagemaker").send_pipeline_execution_step_success(
        CallbackToken=asked["token"], OutputParameters=[{"Name": "verdict", "Value": "good"}]
    )
    execution.wait(delay=1)
    assert statuses(execution) == {"Ask": "Succeeded", "Gate": "Succeeded"}
    (trial,) = boto3.client("sagemaker").list_trials(ExperimentName="Review")["TrialSummaries"]
    assert trial["TrialName"] == execution.arn.rpartition("/")[2]

    again = pipeline.start(
        selective_execution_config=SelectiveExecutionConfig(selected_steps=["Gate"])
    )
    again.wait(delay=1)
    described = again.describe()["SelectiveExecutionConfig"]
    assert described["SourcePipelineExecutionArn"] == execution.arn
    assert statuses(again) == {"Ask": "Succeeded", "Gate": "Succeeded"}
    pipeline.delete()
