"""AWS's events that Rookery acts on, and their shapes.

Sources: Amazon S3 User Guide, "EventBridge event message structure" (keys in these events are
plain: unlike those of S3's own notifications they are not URL-encoded, so a `+` or `%20` in a
key is part of the key); Amazon SageMaker Developer Guide, "Events that Amazon SageMaker AI sends to
Amazon EventBridge", which says too that one change may send several events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OBJECT_CREATED = "Object Created"
MODEL_PACKAGE_STATE_CHANGE = "SageMaker Model Package State Change"
PIPELINE_EXECUTION_STATUS_CHANGE = "SageMaker Model Building Pipeline Execution Status Change"


class EventError(ValueError):
    """An event that is not of the shape that AWS documents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectCreated:
    """A new object version in S3. `key` is plain."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, event: Any) -> ObjectCreated:
        """Read an EventBridge event. Raises EventError."""
        detail = _detail(event, source="aws.s3", detail_type=OBJECT_CREATED)
        item = detail.get("object")
        if not isinstance(item, Mapping):
            raise EventError(f"detail.object: expected an object, got {item!r}")
        bucket = detail.get("bucket")
        if not isinstance(bucket, Mapping):
            raise EventError(f"detail.bucket: expected an object, got {bucket!r}")
        return cls(
            bucket=_text(bucket, "name", "detail.bucket."),
            key=_text(item, "key", "detail.object."),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPackageStateChange:
    """A model package that is new or that somebody changed.

    Attributes:
        approval_status: as it is now, whatever changed.
        changed: members of UpdateModelPackage that a change was made of. SageMaker names them in
            UpdatedModelPackageFields, for a change of an existing package; else it is empty.
        time: of the event, in UTC as `2026-03-01T12:00:00Z`; empty in one that was made by hand.
    """

    model_package_arn: str
    group: str
    version: int
    approval_status: str
    changed: tuple[str, ...]
    time: str = ""

    @property
    def is_decision(self) -> bool:
        """Whether the approval status may be what changed.

        Another description, stage or metadata of a package is told with the very same status.
        """
        return not self.changed or "ModelApprovalStatus" in self.changed

    @classmethod
    def parse(cls, event: Any) -> ModelPackageStateChange:
        """Read an EventBridge event. Raises EventError."""
        detail = _detail(event, source="aws.sagemaker", detail_type=MODEL_PACKAGE_STATE_CHANGE)
        version = detail.get("ModelPackageVersion")
        if not isinstance(version, int) or isinstance(version, bool):
            raise EventError(f"detail.ModelPackageVersion: expected a number, got {version!r}")
        return cls(
            model_package_arn=_text(detail, "ModelPackageArn", "detail."),
            group=_text(detail, "ModelPackageGroupName", "detail."),
            version=version,
            approval_status=_text(detail, "ModelApprovalStatus", "detail."),
            changed=_texts(detail, "UpdatedModelPackageFields", "detail."),
            time=_text(event, "time", "") if event.get("time") else "",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineExecutionStatusChange:
    """A run of a pipeline whose status changed.

    Why it changed is not in the event: AWS documents no failure reason in it.

    Attributes:
        status: Executing, Succeeded, Failed, Stopping or Stopped.
    """

    pipeline_arn: str
    execution_arn: str
    status: str

    @classmethod
    def parse(cls, event: Any) -> PipelineExecutionStatusChange:
        """Read an EventBridge event. Raises EventError."""
        detail = _detail(
            event, source="aws.sagemaker", detail_type=PIPELINE_EXECUTION_STATUS_CHANGE
        )
        return cls(
            pipeline_arn=_text(detail, "pipelineArn", "detail."),
            execution_arn=_text(detail, "pipelineExecutionArn", "detail."),
            status=_text(detail, "currentPipelineExecutionStatus", "detail."),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuedUploads:
    """What a batch of SQS messages holds.

    Attributes:
        uploads: message id to the event in the message.
        faults: message id to what is wrong with a message that holds no such event.
    """

    uploads: Mapping[str, ObjectCreated]
    faults: Mapping[str, str]

    @classmethod
    def parse(cls, batch: Mapping[str, Any]) -> QueuedUploads:
        """Read the event that Lambda gets from an SQS queue which EventBridge fills.

        Raises:
            EventError: the batch itself is not one of SQS.
        """
        records = batch.get("Records")
        if not isinstance(records, list):
            raise EventError(f"Records: expected the messages of an SQS batch, got {records!r}")
        uploads: dict[str, ObjectCreated] = {}
        faults: dict[str, str] = {}
        for record in records:
            message_id = _text(record, "messageId", "Records[].")
            try:
                uploads[message_id] = ObjectCreated.parse(json.loads(record["body"]))
            except (KeyError, TypeError, ValueError) as error:
                faults[message_id] = f"{type(error).__name__}: {error}"
        return cls(uploads=uploads, faults=faults)


def _detail(event: Any, *, source: str, detail_type: str) -> Mapping[str, Any]:
    if not isinstance(event, Mapping):
        raise EventError(f"expected an EventBridge event, got a {type(event).__name__}")
    found = (event.get("source"), event.get("detail-type"))
    if found != (source, detail_type):
        raise EventError(
            f"expected the event {detail_type!r} of {source}, got {found[1]!r} of {found[0]!r}"
        )
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise EventError(f"detail: expected an object, got {detail!r}")
    return detail


def _text(parent: Mapping[str, Any], name: str, where: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not value:
        raise EventError(f"{where}{name}: expected a text that is not empty, got {value!r}")
    return value


def _texts(parent: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """A list of texts that need not be there."""
    value = parent.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise EventError(f"{where}{name}: expected a list of texts, got {value!r}")
    return tuple(value)
