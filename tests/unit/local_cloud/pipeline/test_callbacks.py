from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import pipeline_executions
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.pipeline.steps import callback
from local_cloud.sagemaker.pipeline_callbacks import execution_arn
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import ROLE, definition, processing
from tests.unit.local_cloud.sagemaker_doubles import client_error

QUEUE = "https://queues/000000000000/reviews"
STEP: dict[str, Any] = {
    "Name": "Ask",
    "Type": "Callback",
    "Arguments": {"model": {"Get": "Parameters.Model"}, "limit": 3},
    "SqsQueueUrl": QUEUE,
    "OutputParameters": [
        {"OutputName": "verdict", "OutputType": "String"},
        {"OutputName": "score", "OutputType": "Float"},
    ],
}
AFTER = processing("After", arguments=[{"Get": "Steps.Ask.OutputParameters['verdict']"}])
PARAMETERS = [{"Name": "Model", "Type": "String", "DefaultValue": "m1"}]
OUTPUTS = [{"Name": "verdict", "Value": "good"}, {"Name": "score", "Value": "0.5"}]


def text(step: dict[str, Any] = STEP) -> str:
    return definition([step, AFTER], Parameters=PARAMETERS)


def asked(cloud: Cloud, messages: int = 1) -> str:
    """The token of the message that has come to the queue."""
    cloud.until(lambda: len(cloud.aws.messages) == messages)
    return str(cloud.aws.messages[-1][1]["token"])


def test_a_message_asks_and_the_answers_outputs_go_on_to_the_next_step(cloud: Cloud) -> None:
    cloud.create(text())
    arn = cloud.start()
    token = asked(cloud)
    ((queue, message),) = cloud.aws.messages
    assert queue == QUEUE
    assert message == {
        "token": token,
        "pipelineExecutionArn": arn,
        "arguments": {"model": "m1", "limit": 3},
        "status": "Executing",
    }
    assert len(token) == 10
    assert set(cloud.aws.roles) == {ROLE}
    metadata = cloud.steps(arn)["Ask"]["Metadata"]["Callback"]
    assert metadata == {"CallbackToken": token, "SqsQueueUrl": QUEUE}
    answer = {"CallbackToken": token, "OutputParameters": OUTPUTS}
    told = cloud.call("SendPipelineExecutionStepSuccess", **answer)
    assert told == {"PipelineExecutionArn": arn}
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    (job,) = cloud.aws.called("create_processing_job")
    assert job["AppSpecification"]["ContainerArguments"] == ["good"]
    assert cloud.steps(arn)["Ask"]["Metadata"]["Callback"]["OutputParameters"] == OUTPUTS
    cloud.call("SendPipelineExecutionStepSuccess", **answer)
    with pytest.raises(ConflictException, match="has been answered already"):
        cloud.call("SendPipelineExecutionStepFailure", CallbackToken=token)


def test_a_failure_fails_the_execution_and_a_retry_asks_anew(cloud: Cloud) -> None:
    cloud.create(text())
    arn = cloud.start()
    token = asked(cloud)
    cloud.call(
        "SendPipelineExecutionStepFailure", CallbackToken=token, FailureReason="nobody likes it"
    )
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Failed"
    assert "nobody likes it" in cloud.steps(arn)["Ask"]["FailureReason"]
    retry = {"PipelineExecutionArn": arn, "ClientRequestToken": "r" * 32}
    cloud.call("RetryPipelineExecution", **retry)
    second = asked(cloud, messages=2)
    assert second != token
    cloud.call("SendPipelineExecutionStepSuccess", CallbackToken=second, OutputParameters=OUTPUTS)
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_wrong_answers_are_refused_with_all_faults_and_change_nothing(cloud: Cloud) -> None:
    cloud.create(text())
    arn = cloud.start()
    token = asked(cloud)
    with pytest.raises(ResourceNotFound, match="'0123456789'"):
        cloud.call("SendPipelineExecutionStepSuccess", CallbackToken="0123456789")
    wrong = [{"Name": "score", "Value": "high"}, {"Name": "other", "Value": "x"}]
    with pytest.raises(ValidationException, match=r"not of type Float.*'other' is not.*'verdict'"):
        cloud.call("SendPipelineExecutionStepSuccess", CallbackToken=token, OutputParameters=wrong)
    assert cloud.statuses(arn) == {"Ask": "Executing"}


def test_a_request_without_a_token_means_no_execution(cloud: Cloud) -> None:
    cloud.create(definition([processing("Other")]))
    cloud.wait(cloud.start())
    assert execution_arn(cloud.service, None) is None


def test_a_stop_tells_the_queue_and_waits_for_the_answer(cloud: Cloud) -> None:
    cloud.create(text())
    arn = cloud.start()
    token = asked(cloud)
    cloud.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    assert asked(cloud, messages=2) == token
    assert cloud.aws.messages[-1][1]["status"] == "Stopping"
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    cloud.call("SendPipelineExecutionStepFailure", CallbackToken=token)
    assert cloud.wait(arn)["PipelineExecutionStatus"] == "Stopped"
    assert cloud.statuses(arn) == {"Ask": "Stopped"}


def test_an_answer_that_does_not_come_in_time_fails_the_step(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback, "TIMEOUT_SECONDS", 0)
    arn = cloud.run(text())
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Failed"
    assert "no answer to the callback token" in cloud.steps(arn)["Ask"]["FailureReason"]


def test_a_queue_that_the_role_may_not_write_to_fails_the_step(cloud: Cloud) -> None:
    denied = client_error("AccessDenied", "not authorized to perform: sqs:SendMessage", "Send")
    cloud.aws.refusals["send_message"] = [denied]
    arn = cloud.run(text())
    assert "sqs:SendMessage" in cloud.steps(arn)["Ask"]["FailureReason"]


def test_a_restart_asks_once_and_takes_the_answer_that_came_meanwhile(cloud: Cloud) -> None:
    cloud.create(text())
    arn = cloud.start()
    token = asked(cloud)
    cloud.until(lambda: "CallbackSent" in _record(cloud, arn))
    fresh = cloud.restarted()
    fresh.call("SendPipelineExecutionStepSuccess", CallbackToken=token, OutputParameters=OUTPUTS)
    pipeline_executions.resume(fresh.service)
    assert fresh.wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert fresh.aws.messages == []
    fresh.shut_down()


def _record(cloud: Cloud, arn: str) -> Any:
    return cloud.service.store.get("pipeline-execution", arn)["_steps"].get("Ask", {})


def test_a_callback_step_without_a_queue_is_refused(cloud: Cloud) -> None:
    without = {key: value for key, value in STEP.items() if key != "SqsQueueUrl"}
    with pytest.raises(ValidationException, match="Step 'Ask': SqsQueueUrl is missing"):
        cloud.create(text(without))
