"""A transform job's document: its kind, its events, its end."""

from __future__ import annotations

import time

from local_cloud.sagemaker.job_state import event_detail
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = "transform-job"
EVENT = "SageMaker Transform Job State Change"
STATUS = "TransformJobStatus"


def described(document: Document) -> Document:
    """As AWS describes the job: when it last changed is told by ListTransformJobs alone."""
    return {key: value for key, value in public(document).items() if key != "LastModifiedTime"}


def publish(service: SageMakerService, document: Document) -> None:
    """The job's state as an event."""
    detail = event_detail(described(document))
    service.events.publish(EVENT, resources=[document["TransformJobArn"]], detail=detail)


def end(service: SageMakerService, name: str, status: str, *, reason: str = "") -> None:
    """The job's last status."""
    now = time.time()
    changes: Document = {STATUS: status, "TransformEndTime": now, "LastModifiedTime": now}
    if reason:
        changes["FailureReason"] = reason[:1024]
    publish(service, service.store.update(KIND, name, **changes))
