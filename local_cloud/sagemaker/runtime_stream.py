"""SageMaker Runtime's InvokeEndpointWithResponseStream: what the container sends, as it comes.

Events and errors: ResponseStream in the SageMaker API reference; metrics of streams: "SageMaker
endpoint invocation metrics" in the SageMaker developer guide.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack

from local_cloud.sagemaker.hosting import event_stream, metrics
from local_cloud.sagemaker.hosting.capture_record import Payload
from local_cloud.sagemaker.hosting.connections import ContainerError, InvocationTimeoutError
from local_cloud.sagemaker.routing import Routed, routed
from local_cloud.sagemaker.runtime import answered_headers, media_type
from local_cloud.sagemaker.runtime_errors import CONTENT_TYPE
from local_cloud.sagemaker.runtime_request import call_of
from local_cloud.sagemaker.service import SageMakerService

logger = logging.getLogger("local_cloud.endpoints")
STREAM_SECONDS = 480.0
"""A stream has to end within this time."""
_CONTENT_TYPE = "X-Amzn-SageMaker-Content-Type"


def invoke_endpoint_with_response_stream(
    service: SageMakerService, endpoint_name: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], Events]:
    """Status, headers and the events of the answer, which has begun; to be closed in any case.

    Raises ApiError, as InvokeEndpoint does. An error after the beginning is an event.
    """
    call = call_of(endpoint_name, headers, body, streamed=True)
    with ExitStack() as on:
        found = on.enter_context(routed(service, call, timeout_seconds=STREAM_SECONDS))
        answered = {
            CONTENT_TYPE: event_stream.MEDIA_TYPE,
            **answered_headers(found, _CONTENT_TYPE),
        }
        return 200, answered, Events(service, found, on.pop_all())


class Events:
    """The messages of one stream."""

    def __init__(self, service: SageMakerService, found: Routed, held: ExitStack) -> None:
        """``held`` is what ends with the stream."""
        self._messages = _messages(service, found)
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._messages)

    def close(self) -> None:
        """Let the container go, whether its answer has ended or not."""
        with self._held:
            self._messages.close()


def _messages(service: SageMakerService, found: Routed) -> Generator[bytes, None, None]:
    pieces: list[bytes] = []
    try:
        for piece in found.answer.chunks():
            if not pieces:
                _note_first(service, found)
            pieces.append(piece)
            yield event_stream.event("PayloadPart", piece)
    except ContainerError as error:
        logger.warning("%s: the stream broke off: %s", found.call.endpoint, error)
        _put(service, found, "MidStreamErrors", metrics.NONE, 1.0)
        found.observation.answered(None)
        yield event_stream.exception("ModelStreamError", _explained(error))
        return
    content = b"".join(pieces)
    found.observation.answered(Payload(content_type=media_type(found), body=content))


Stream = tuple[int, dict[str, str], Events]


def _explained(error: ContainerError) -> dict[str, str]:
    if isinstance(error, InvocationTimeoutError):
        message = (
            f"The container {error.container} did not finish its response within "
            f"{STREAM_SECONDS:g} seconds."
        )
        return {"ErrorCode": "ModelInvocationTimeExceeded", "Message": message}
    message = f"The container {error.container} broke off its response: {error}"
    return {"ErrorCode": "StreamBroken", "Message": message}


def _note_first(service: SageMakerService, found: Routed) -> None:
    """Microseconds until the first piece was there."""
    took = (time.perf_counter() - found.call.began) * 1e6
    _put(service, found, "FirstChunkLatency", metrics.MICROSECONDS, metrics.rounded(took))


def _put(service: SageMakerService, found: Routed, name: str, unit: str, value: float) -> None:
    variant = found.variant.plan["variant"]
    metrics.of(service).put_of_variant(
        name, unit, value, endpoint=found.call.endpoint, variant=variant
    )
