"""An endpoint's changes of state, each of them an event."""

from __future__ import annotations

import re
import time
from typing import Any

from local_cloud.sagemaker import tags
from local_cloud.sagemaker.job_state import event_detail
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = "endpoint"
EVENT = "SageMaker Endpoint State Change"
DEPLOYMENT_EVENT = "SageMaker Endpoint Deployment State Change"
PENDING = ("_pending", "_pending_since", "_guardrails", "_progress")
"""What the document keeps of a deployment that is going on."""


def change(
    service: SageMakerService,
    endpoint: str,
    status: str,
    *,
    only_from: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
    **changes: Any,
) -> Document:
    """Set the status and more in one write, then publish; answers the new document.

    Nothing happens where the status is none of ``only_from`` (empty: any will do).
    """
    changed = False

    def apply(document: Document) -> None:
        nonlocal changed
        changed = not only_from or document["EndpointStatus"] in only_from
        if not changed:
            return
        for key in remove:
            document.pop(key, None)
        document.update(changes, EndpointStatus=status, LastModifiedTime=time.time())

    document = service.store.mutate(KIND, endpoint, apply)
    if changed:
        publish(service, document)
    return document


def publish(service: SageMakerService, document: Document) -> None:
    """As AWS gives it: statuses like IN_SERVICE."""
    _publish(service, EVENT, document)


def publish_deployment(service: SageMakerService, document: Document) -> None:
    """A step within a deployment; the document holds its summary as DescribeEndpoint answers."""
    _publish(service, DEPLOYMENT_EVENT, document)


def _publish(service: SageMakerService, detail_type: str, document: Document) -> None:
    detail = in_milliseconds(public(document))
    detail["EndpointStatus"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", detail["EndpointStatus"]).upper()
    detail["Tags"] = tags.tags_of(service, document["EndpointArn"])
    service.events.publish(detail_type, resources=[document["EndpointArn"]], detail=detail)


def in_milliseconds(value: Any) -> Any:
    """A description's times as an event has them, at whatever depth."""
    if isinstance(value, list):
        return [in_milliseconds(one) for one in value]
    if not isinstance(value, dict):
        return value
    return event_detail({key: in_milliseconds(one) for key, one in value.items()})
