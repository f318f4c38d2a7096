"""From a schedule's target to the API call that it stands for.

Targets: "Templated targets" and "Universal targets" of the EventBridge Scheduler user guide.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import xform_name

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.validation import ApiModel
from local_cloud.schedules.expression import iso

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
SDK_NAMES = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "applicationautoscaling": "application-autoscaling",
}
"""Services that boto3 calls otherwise than a universal target's ARN."""

Target = Mapping[str, Any]
Request = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A client's method; ``service`` and ``method`` are boto3's names."""

    service: str
    method: str
    request: Request


def call(target: Target, *, schedule_arn: str, scheduled_at: float, execution_id: str) -> Call:
    """Raises ValidationException for a target that is not there."""
    marks = {
        "<aws.scheduler.schedule-arn>": schedule_arn,
        "<aws.scheduler.scheduled-time>": iso(scheduled_at),
        "<aws.scheduler.execution-id>": execution_id,
        "<aws.scheduler.attempt-number>": "1",
    }
    text = str(target.get("Input") or _event(target, schedule_arn, scheduled_at, execution_id))
    for mark, value in marks.items():
        text = text.replace(mark, value)
    arn = str(target["Arn"])
    if arn.startswith(UNIVERSAL):
        return _universal(arn, text if target.get("Input") else "{}")
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service not in TEMPLATED:
        raise ValidationException(
            f"The local cloud's Scheduler does not have the target {arn}. It has those of "
            f"{', '.join(sorted(TEMPLATED))}, and {UNIVERSAL}<service>:<action>."
        )
    return TEMPLATED[service](arn, target, text)


def _event(target: Target, schedule_arn: str, scheduled_at: float, execution_id: str) -> str:
    """What a target gets that has no Input."""
    _, _, _, region, account, _ = schedule_arn.split(":", 5)
    event = {
        "version": "0",
        "id": execution_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": iso(scheduled_at),
        "region": region,
        "resources": [schedule_arn],
        "detail": "{}",
    }
    return json.dumps(event)


def _universal(arn: str, text: str) -> Call:
    service, _, action = arn.removeprefix(UNIVERSAL).partition(":")
    name = SDK_NAMES.get(service, service)
    if name not in boto3.Session().get_available_services() or not action:
        raise ValidationException(f"{arn} names no service that boto3 has, or no action of it.")
    operation = _model(name).operation(action[0].upper() + action[1:])
    try:
        request = json.loads(text)
    except ValueError as error:
        raise ValidationException(f"Input of a target {arn} must be JSON: {error}") from error
    return Call(name, xform_name(operation.name), _spelled(operation.input_shape, request))


@functools.cache
def _model(service: str) -> ApiModel:
    return ApiModel(service, title=service)


def _spelled(shape: Any, value: Any) -> Any:
    """Inputs spell members as the SDK for Java does (``StateMachineArn``), boto3 as the API."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {member.lower(): member for member in shape.members}
        names = {name: members.get(name.lower(), name) for name in value}
        return {
            names[name]: _spelled(shape.members.get(names[name]), item)
            for name, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_spelled(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _spelled(shape.value, item) for name, item in value.items()}
    return value


def _state_machine(arn: str, target: Target, text: str) -> Call:
    return Call("stepfunctions", "start_execution", {"stateMachineArn": arn, "input": text})


def _function(arn: str, target: Target, text: str) -> Call:
    request = {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
    return Call("lambda", "invoke", request)


def _topic(arn: str, target: Target, text: str) -> Call:
    return Call("sns", "publish", {"TopicArn": arn, "Message": text})


def _queue(arn: str, target: Target, text: str) -> Call:
    _, _, _, region, account, name = arn.split(":", 5)
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    more = {"MessageGroupId": group} if group else {}
    return Call("sqs", "send_message", {"QueueUrl": url, "MessageBody": text, **more})


def _bus(arn: str, target: Target, text: str) -> Call:
    parameters = target.get("EventBridgeParameters", {})
    if not {"DetailType", "Source"} <= parameters.keys():
        raise ValidationException(f"A target {arn} takes EventBridgeParameters.")
    entry = {"EventBusName": arn, "Detail": text, **parameters}
    return Call("events", "put_events", {"Entries": [entry]})


def _pipeline(arn: str, target: Target, text: str) -> Call:
    parameters = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
    request: Request = {"PipelineName": arn}
    if parameters:
        request["PipelineParameters"] = parameters
    return Call("sagemaker", "start_pipeline_execution", request)


TEMPLATED: dict[str, Callable[[str, Target, str], Call]] = {
    "states": _state_machine,
    "lambda": _function,
    "sns": _topic,
    "sqs": _queue,
    "events": _bus,
    "sagemaker": _pipeline,
}
