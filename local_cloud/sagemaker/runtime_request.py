"""What a request of SageMaker Runtime may hold, and what of it the container gets."""

from __future__ import annotations

import time
from collections.abc import Mapping

from local_cloud.json_api.errors import detected
from local_cloud.sagemaker import runtime_headers
from local_cloud.sagemaker.hosting.invocation import Call
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.runtime_errors import ValidationError, too_large

MOST_BYTES = 6_291_456
"""Of a request's body, and of an answer's (BodyBlob of the API)."""
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
TARGET_MODEL = "X-Amzn-SageMaker-Target-Model"
_PREFIX = "x-amzn-sagemaker-"


def call_of(
    endpoint: str, headers: Mapping[str, str], body: bytes, *, streamed: bool = False
) -> Call:
    """The request as an endpoint is asked it. Raises ValidationError."""
    began = time.perf_counter()
    given = {name.lower(): value for name, value in headers.items()}
    if len(body) > MOST_BYTES:
        raise too_large(MOST_BYTES)
    action = "InvokeEndpointWithResponseStream" if streamed else "InvokeEndpoint"
    faults = runtime_headers.faults(action, endpoint, runtime_headers.members(action, given))
    if faults:
        raise ValidationError(detected(faults))
    # A stream's own Accept header says what the events are.
    accept = given.get(f"{_PREFIX}accept" if streamed else "accept")
    model = None if streamed else given.get(TARGET_MODEL.lower())
    sent = {
        "Content-Type": given.get("content-type"),
        "Accept": accept,
        ATTRIBUTES: given.get(ATTRIBUTES.lower()),
        INFERENCE_ID: given.get(INFERENCE_ID.lower()),
        TARGET_MODEL: model,
    }
    return Call(
        endpoint=endpoint,
        target=given.get(f"{_PREFIX}target-variant"),
        question=Question(
            headers={name: value for name, value in sent.items() if value is not None},
            body=body,
            model=model,
            container=given.get(f"{_PREFIX}target-container-hostname"),
        ),
        began=began,
        streamed=streamed,
    )
