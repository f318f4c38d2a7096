"""SageMaker Runtime's InvokeEndpoint: one request to one model server of an endpoint.

Errors and headers: InvokeEndpoint in the SageMaker API reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from local_cloud.sagemaker.hosting.capture_record import Payload
from local_cloud.sagemaker.hosting.observers import OCTETS
from local_cloud.sagemaker.routing import Routed, explained, routed
from local_cloud.sagemaker.runtime_errors import CONTENT_TYPE, answer_too_large
from local_cloud.sagemaker.runtime_observation import MODEL_SECONDS
from local_cloud.sagemaker.runtime_request import ATTRIBUTES, call_of
from local_cloud.sagemaker.service import SageMakerService

Reply = tuple[int, dict[str, str], bytes]


def invoke_endpoint(
    service: SageMakerService, endpoint_name: str, headers: Mapping[str, str], body: bytes
) -> Reply:
    """Status, headers and body of the answer. Raises ApiError: ValidationError, ModelError,
    ThrottlingException, ServiceUnavailable, InternalFailure."""
    call = call_of(endpoint_name, headers, body)
    with routed(service, call, timeout_seconds=MODEL_SECONDS) as found:
        content = _whole(service, found)
        found.observation.answered(Payload(content_type=media_type(found), body=content))
        return 200, answered_headers(found), content


def _whole(service: SageMakerService, found: Routed) -> bytes:
    """The body of a good answer. Raises ApiError for what is none."""
    most, answer = found.most_bytes, found.answer
    pieces, size = [], 0
    with explained(service, found.call, found.variant):
        for piece in answer.chunks():
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise answer_too_large(
                    service.settings, found.call.endpoint, answer.container, answer.status, most
                )
    return b"".join(pieces)


def media_type(found: Routed) -> str:
    """What the container says that its answer is."""
    return found.answer.headers.get(CONTENT_TYPE, OCTETS)


def answered_headers(found: Routed, content_type: str = CONTENT_TYPE) -> dict[str, str]:
    """Those of a good answer."""
    headers = {
        content_type: media_type(found),
        "x-Amzn-Invoked-Production-Variant": found.variant.plan["variant"],
    }
    attributes = found.answer.headers.get(ATTRIBUTES.lower())
    if attributes is not None:
        headers[ATTRIBUTES] = attributes
    return headers
