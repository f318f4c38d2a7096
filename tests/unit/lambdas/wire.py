"""boto3 clients whose requests are answered in this process: real requests and errors, no port."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

Answer = tuple[int, Mapping[str, Any], bytes | str]
Transport = Callable[[Any], Answer]


class ServiceError(Exception):
    """What a double raises to answer with one of AWS's errors."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, amount: int = 65536, **_: Any) -> Any:
        while chunk := self.read(amount):
            yield chunk


def wired_client(service: str, transport: Transport) -> Any:
    """A boto3 client that hands each of its requests to `transport`."""
    client = boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url="http://localhost",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
        ),
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, headers, body = transport(request)
        raw = _Raw(body.encode() if isinstance(body, str) else bytes(body))
        return AWSResponse(
            request.url, status, {name: str(value) for name, value in headers.items()}, raw
        )

    client.meta.events.register("before-send.*.*", answer)
    return client


def through_ministack(handle: Callable[..., Any]) -> Transport:
    """Answers by one of MiniStack's services, without its server."""

    def transport(request: Any) -> Answer:
        url = urlsplit(request.url)
        body = request.body or b""
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(url.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        content = body if isinstance(body, bytes) else body.read()
        answer: Answer = asyncio.run(
            handle(request.method, unquote(url.path), headers, content, query)
        )
        return answer

    return transport


def by_methods(double: Any) -> Transport:
    """Answers by the method of `double` that is named after the operation: JSON protocols."""

    def transport(request: Any) -> Answer:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).split(".")[-1]
        try:
            document = getattr(double, operation)(json.loads(request.body or b"{}"))
        except ServiceError as error:
            fault = {"__type": error.code, "message": error.message}
            return 400, {}, json.dumps(fault).encode()
        return 200, {}, json.dumps(document).encode()

    return transport
