from __future__ import annotations

import json
from typing import Any

import pytest

from local_cloud.event_scheduler.invocation import Call, call
from local_cloud.json_api.errors import ApiError

SCHEDULE = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/evening"
HERE = "us-east-1:000000000000"


def called(arn: str, **more: Any) -> Call:
    target = {"Arn": arn, "RoleArn": "role", **more}
    return call(target, schedule_arn=SCHEDULE, scheduled_at=1772438400.0, execution_id="run-1")


def test_a_state_machine_is_started_with_the_input_and_its_marks_replaced() -> None:
    machine = f"arn:aws:states:{HERE}:stateMachine:stop"
    text = '{"action": "pause", "at": "<aws.scheduler.scheduled-time>"}'
    started = called(machine, Input=text)
    assert (started.service, started.method) == ("stepfunctions", "start_execution")
    assert started.request["stateMachineArn"] == machine
    assert json.loads(started.request["input"]) == {"action": "pause", "at": "2026-03-02T08:00:00Z"}


def test_without_an_input_the_target_gets_the_event() -> None:
    invoked = called(f"arn:aws:lambda:{HERE}:function:stop")
    event = json.loads(invoked.request["Payload"])
    assert (event["source"], event["resources"]) == ("aws.scheduler", [SCHEDULE])
    assert invoked.request["InvocationType"] == "Event"


@pytest.mark.parametrize(
    ("arn", "more", "expected"),
    [
        (
            f"arn:aws:sns:{HERE}:notices",
            {},
            Call("sns", "publish", {"TopicArn": f"arn:aws:sns:{HERE}:notices", "Message": "hi"}),
        ),
        (
            f"arn:aws:sqs:{HERE}:work.fifo",
            {"SqsParameters": {"MessageGroupId": "one"}},
            Call(
                "sqs",
                "send_message",
                {
                    "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/work.fifo",
                    "MessageBody": "hi",
                    "MessageGroupId": "one",
                },
            ),
        ),
        (
            f"arn:aws:events:{HERE}:event-bus/default",
            {"EventBridgeParameters": {"DetailType": "Tick", "Source": "own"}},
            Call(
                "events",
                "put_events",
                {
                    "Entries": [
                        {
                            "EventBusName": f"arn:aws:events:{HERE}:event-bus/default",
                            "Detail": "hi",
                            "DetailType": "Tick",
                            "Source": "own",
                        }
                    ]
                },
            ),
        ),
        (
            f"arn:aws:sagemaker:{HERE}:pipeline/birds",
            {"SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "a"}]}},
            Call(
                "sagemaker",
                "start_pipeline_execution",
                {
                    "PipelineName": f"arn:aws:sagemaker:{HERE}:pipeline/birds",
                    "PipelineParameters": [{"Name": "a"}],
                },
            ),
        ),
    ],
)
def test_templated_targets_become_the_calls_that_aws_names(
    arn: str, more: dict[str, Any], expected: Call
) -> None:
    assert called(arn, Input="hi", **more) == expected


def test_a_universal_target_is_any_action_of_any_service() -> None:
    arn = "arn:aws:scheduler:::aws-sdk:sagemaker:updateEndpointWeightsAndCapacities"
    found = called(arn, Input='{"EndpointName": "birds"}')
    assert found == Call(
        "sagemaker", "update_endpoint_weights_and_capacities", {"EndpointName": "birds"}
    )


def test_the_input_of_a_universal_target_spells_members_as_the_sdk_for_java_does() -> None:
    request = {"StateMachineArn": "machine", "Name": "pause-<aws.scheduler.execution-id>"}
    started = called("arn:aws:scheduler:::aws-sdk:sfn:startExecution", Input=json.dumps(request))
    assert started == Call(
        "stepfunctions", "start_execution", {"stateMachineArn": "machine", "name": "pause-run-1"}
    )
    tags = {"Items": [{"ResourceArns": ["one"]}], "ResourceArn": "x"}
    tagged = called("arn:aws:scheduler:::aws-sdk:sagemaker:addTags", Input=json.dumps(tags))
    assert tagged.request == tags


@pytest.mark.parametrize(
    ("arn", "more", "fault"),
    [
        (f"arn:aws:kinesis:{HERE}:stream/s", {}, "does not have the target"),
        ("nonsense", {}, "does not have the target"),
        ("arn:aws:scheduler:::aws-sdk:nosuch:act", {}, "names no service"),
        ("arn:aws:scheduler:::aws-sdk:sfn:dance", {}, "has no action Dance"),
        ("arn:aws:scheduler:::aws-sdk:sagemaker:listModels", {"Input": "{"}, "must be JSON"),
        (f"arn:aws:events:{HERE}:event-bus/default", {}, "takes EventBridgeParameters"),
    ],
)
def test_a_target_that_cannot_be_reached_is_refused(
    arn: str, more: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ApiError, match=fault):
        called(arn, **more)
