from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.events import (
    EventError,
    ModelPackageStateChange,
    ObjectCreated,
    PipelineExecutionStatusChange,
    QueuedUploads,
)


def upload(key: str = "uploads/birds/a/1.png") -> dict[str, Any]:
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "data"}, "object": {"key": key, "size": 3}},
    }


def approval(**changes: Any) -> dict[str, Any]:
    detail = {
        "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/birds/3",
        "ModelPackageGroupName": "birds",
        "ModelPackageVersion": 3,
        "ModelApprovalStatus": "Approved",
        **changes,
    }
    return {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Package State Change",
        "detail": detail,
    }


def run_ended(**changes: Any) -> dict[str, Any]:
    pipeline = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/myPipeline-123"
    detail = {
        "pipelineExecutionDisplayName": "SomeDisplayName",
        "currentPipelineExecutionStatus": "Failed",
        "previousPipelineExecutionStatus": "Executing",
        "executionStartTime": "2021-03-15T16:03:13Z",
        "executionEndTime": "2021-03-15T16:10:10Z",
        "pipelineArn": pipeline,
        "pipelineExecutionArn": f"{pipeline}/execution/p4jn9xou8a8s",
        **changes,
    }
    return {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Building Pipeline Execution Status Change",
        "detail": detail,
    }


@pytest.mark.parametrize("key", ["uploads/b/a b.png", "uploads/b/a+b%20c.png", "uploads/b/猫.png"])
def test_keys_of_upload_events_are_taken_as_they_are(key: str) -> None:
    assert ObjectCreated.parse(upload(key)) == ObjectCreated(bucket="data", key=key)


def test_an_approval_is_read() -> None:
    assert ModelPackageStateChange.parse(approval()).version == 3


def test_the_end_of_a_run_is_read() -> None:
    change = PipelineExecutionStatusChange.parse(run_ended())

    assert change.status == "Failed"
    assert change.execution_arn == f"{change.pipeline_arn}/execution/p4jn9xou8a8s"


@pytest.mark.parametrize(
    "missing", ["pipelineArn", "pipelineExecutionArn", "currentPipelineExecutionStatus"]
)
def test_the_end_of_a_run_that_lacks_something_names_it(missing: str) -> None:
    with pytest.raises(EventError, match=missing):
        PipelineExecutionStatusChange.parse(run_ended(**{missing: None}))


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ("text", "str"),
        ({}, "Object Created"),
        ({**upload(), "detail-type": "Object Deleted"}, "Object Deleted"),
        ({**upload(), "detail": None}, "detail"),
        ({**upload(), "detail": {"bucket": {"name": "b"}}}, "detail.object"),
        ({**upload(), "detail": {"object": {"key": "k"}}}, "detail.bucket"),
        (upload(""), "detail.object.key"),
    ],
)
def test_what_is_no_upload_event_is_refused_by_the_place_of_its_fault(
    event: Any, named: str
) -> None:
    with pytest.raises(EventError, match=named):
        ObjectCreated.parse(event)


@pytest.mark.parametrize(
    "missing", ["ModelPackageArn", "ModelPackageGroupName", "ModelPackageVersion"]
)
def test_an_approval_that_lacks_something_names_it(missing: str) -> None:
    with pytest.raises(EventError, match=missing):
        ModelPackageStateChange.parse(approval(**{missing: None}))


def test_a_bad_message_in_a_batch_does_not_spoil_the_others() -> None:
    batch = {
        "Records": [
            {"messageId": "good", "body": json.dumps(upload())},
            {"messageId": "no json", "body": "{"},
            {"messageId": "no event", "body": "[]"},
            {"messageId": "null", "body": None},
            {"messageId": "no body"},
        ]
    }

    queued = QueuedUploads.parse(batch)

    assert list(queued.uploads) == ["good"]
    assert set(queued.faults) == {"no json", "no event", "null", "no body"}


@pytest.mark.parametrize("batch", [{}, {"Records": None}, {"Records": [{"body": "{}"}]}])
def test_what_is_no_sqs_batch_is_refused(batch: Any) -> None:
    with pytest.raises(EventError):
        QueuedUploads.parse(batch)


def test_a_change_of_anything_but_the_approval_is_no_decision() -> None:
    assert ModelPackageStateChange.parse(approval()).is_decision
    for fields, decides in (
        (["ModelApprovalStatus"], True),
        (["CustomerMetadataProperties"], False),
    ):
        event = approval(UpdatedModelPackageFields=fields)
        assert ModelPackageStateChange.parse(event).is_decision is decides


def test_changes_that_are_no_list_of_names_are_refused() -> None:
    with pytest.raises(EventError, match="UpdatedModelPackageFields: expected a list of texts"):
        ModelPackageStateChange.parse(approval(UpdatedModelPackageFields="ModelApprovalStatus"))


def test_the_time_of_an_approval_is_read_where_the_event_tells_it() -> None:
    event = {**approval(), "time": "2026-03-01T12:00:00Z"}
    assert ModelPackageStateChange.parse(event).time == "2026-03-01T12:00:00Z"
    assert ModelPackageStateChange.parse(approval() | {"time": None}).time == ""
