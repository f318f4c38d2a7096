"""Callback step: a message with a token goes to a queue, and whoever reads it answers.

The message is sent with the execution role's credentials, in AWS's form::

    {"token": "26vcYbeWsZ", "pipelineExecutionArn": "arn:...", "arguments": {...},
     "status": "Executing"}

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-callback
The answer (SendPipelineExecutionStepSuccess or ...Failure) is written into the step's record,
where this finds it. An execution that is to stop sends the message once more with the status
Stopping and, as on AWS, waits for the answer all the same.
"""

from __future__ import annotations

import json
import secrets
import string
import time
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.errors import StepFailedError
from local_cloud.sagemaker.pipeline.expressions import as_text

TIMEOUT_SECONDS = 7 * 86_400
"""How long an answer may take from the step's start on. AWS's documentation names no limit but
that of a whole execution, 28 days."""

TOKEN, ANSWER = "CallbackToken", "CallbackAnswer"
"""Keys of the step's record."""

RECORD_KEYS = (TOKEN, ANSWER, "CallbackSent", "CallbackToldToStop")
"""What an attempt leaves in the record, and the next one must not find there."""

_TOKEN_LENGTH = 10
_LETTERS = string.ascii_letters + string.digits


def run(context: StepContext) -> StepResult:
    """Properties: ``{"OutputParameters": {name: value}}``."""
    queue = as_text(context.evaluate(context.step.queue_url))
    token = context.record.get(TOKEN)
    if token is None:
        token = "".join(secrets.choice(_LETTERS) for _ in range(_TOKEN_LENGTH))
        # Before it is sent: the answer may come at once.
        context.save(**{TOKEN: token})
    metadata: dict[str, Any] = {"Callback": {"CallbackToken": token, "SqsQueueUrl": queue}}
    if not context.record.get("CallbackSent"):
        context.executing(metadata)
        _send(context, queue, token, "Executing")
        context.save(CallbackSent=True)
    answer = _await_answer(context, queue, token)
    if context.stop_requested.is_set():
        return StepResult(metadata=metadata, stopped=True)
    if "FailureReason" in answer:
        raise StepFailedError(f"ClientError: {answer['FailureReason']}")
    outputs = answer["OutputParameters"]
    metadata["Callback"]["OutputParameters"] = [
        {"Name": name, "Value": as_text(value)} for name, value in outputs.items()
    ]
    return StepResult(properties={"OutputParameters": outputs}, metadata=metadata)


def _await_answer(context: StepContext, queue: str, token: str) -> Mapping[str, Any]:
    deadline = float(context.record["StartTime"]) + TIMEOUT_SECONDS
    while True:
        record = context.record
        if ANSWER in record:
            answer: Mapping[str, Any] = record[ANSWER]
            return answer
        if time.time() > deadline:
            raise StepFailedError(
                f"ClientError: no answer to the callback token {token} came within "
                f"{TIMEOUT_SECONDS} seconds."
            )
        if context.stop_requested.is_set() and not record.get("CallbackToldToStop"):
            context.stopping()
            _send(context, queue, token, "Stopping")
            context.save(CallbackToldToStop=True)
        context.pause()


def _send(context: StepContext, queue: str, token: str, status: str) -> None:
    body = {
        "token": token,
        "pipelineExecutionArn": context.execution_arn,
        "arguments": context.arguments,
        "status": status,
    }
    context.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))
