"""InvokeEndpointWithResponseStream, driven by boto3's own reader of event streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError

from local_cloud.sagemaker.hosting import event_stream
from tests.unit.local_cloud.endpoints.conftest import Hosting, until


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    assert hosting.endpoint("streaming")["EndpointStatus"] == "InService"
    return "streaming"


@contextmanager
def stream(hosting: Hosting, endpoint: str, body: str, **more: Any) -> Iterator[dict[str, Any]]:
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=body, **more
    )
    try:
        yield answer
    finally:
        answer["Body"].close()


def test_a_piece_is_there_before_the_container_has_sent_the_next_one(
    hosting: Hosting, endpoint: str
) -> None:
    with stream(hosting, endpoint, "stream", Accept="text/plain") as answer:
        events = iter(answer["Body"])
        assert next(events) == {"PayloadPart": {"Bytes": b"first"}}
        # Only now the container may send the rest.
        hosting.invoke(endpoint, "release")
        assert list(events) == [{"PayloadPart": {"Bytes": b"second"}}]
        assert answer["ContentType"] == "text/plain"
        assert answer["InvokedProductionVariant"] == "streaming"
        assert answer["CustomAttributes"] == "accept=text/plain"


def test_an_answer_without_chunks_is_a_stream_too(hosting: Hosting, endpoint: str) -> None:
    with stream(hosting, endpoint, "x" * 300_000) as answer:
        content = b"".join(one["PayloadPart"]["Bytes"] for one in answer["Body"])
    assert b'"size": 300000' in content


def test_a_container_that_refuses_the_request_is_an_error_of_the_call(
    hosting: Hosting, endpoint: str
) -> None:
    with (
        pytest.raises(hosting.runtime.exceptions.ModelError) as raised,
        stream(hosting, endpoint, "fail 418"),
    ):
        pytest.fail("there is no stream")
    assert raised.value.response["OriginalStatusCode"] == 418


def test_a_stream_that_breaks_off_says_so_after_what_came_before(
    hosting: Hosting, endpoint: str
) -> None:
    with stream(hosting, endpoint, "stream die") as answer:
        events = iter(answer["Body"])
        assert next(events) == {"PayloadPart": {"Bytes": b"first"}}
        with pytest.raises(EventStreamError, match="broke off its response") as raised:
            next(events)
    assert raised.value.response["Error"]["Code"] == "ModelStreamError"
    until(lambda: _answers(hosting, endpoint))


def _answers(hosting: Hosting, endpoint: str) -> bool:
    """Whether the container is there again."""
    try:
        return bool(hosting.invoke(endpoint))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ServiceUnavailable", "InternalFailure"):
            raise
        return False


def test_a_client_that_leaves_does_not_keep_the_instance(hosting: Hosting, endpoint: str) -> None:
    with stream(hosting, endpoint, "stream") as answer:
        assert next(iter(answer["Body"]))
    hosting.invoke(endpoint, "release")
    hosting.delete(endpoint)
    assert not hosting.processes(endpoint)


def test_an_empty_event_is_read_as_one() -> None:
    buffer: Any = EventStreamBuffer()
    buffer.add_data(event_stream.event("PayloadPart", b""))
    (message,) = list(buffer)
    assert message.headers[":event-type"] == "PayloadPart"
    assert message.payload == b""
