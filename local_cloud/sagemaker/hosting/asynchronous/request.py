"""One request of InvokeEndpointAsync, as it waits in the queue."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import runtime_headers
from local_cloud.sagemaker.runner import places

KIND = "async-invocation"
TTL_SECONDS = 21_600
TIMEOUT_SECONDS = 900


class AsyncRequest(TypedDict):
    """A document of the store, of kind :data:`KIND` and named by ``id``; times in seconds."""

    id: str
    endpoint: str
    inference_id: str
    received: float
    ttl: int
    timeout: int
    attempts: int
    """How often a container was asked that did not live to answer."""
    input: NotRequired[str]
    inline: NotRequired[str]
    """The body in base64, where it came with the request."""
    output: str
    failure: NotRequired[str]
    content_type: NotRequired[str]
    accept: NotRequired[str]
    custom_attributes: NotRequired[str]


def parse(
    endpoint: str, headers: Mapping[str, str], body: bytes, output: Mapping[str, Any]
) -> AsyncRequest:
    """``output`` is the endpoint's AsyncInferenceOutputConfig.

    Raises ApiError (ValidationError) that names every fault.
    """
    given = runtime_headers.members("InvokeEndpointAsync", headers)
    faults = runtime_headers.MODEL.faults(
        "InvokeEndpointAsync", {"EndpointName": endpoint, **given}
    )
    if ("InputLocation" in given) is bool(body):
        faults.append("exactly one of InputLocation and Body must be given")
    elif "InputLocation" in given and not given["InputLocation"].startswith("s3://"):
        faults.append(f"InputLocation {given['InputLocation']!r} is not an S3 URI")
    if faults:
        raise ApiError("ValidationError", "; ".join(faults))
    return _request(endpoint, given, body, output)


def _request(
    endpoint: str, given: Mapping[str, Any], body: bytes, output: Mapping[str, Any]
) -> AsyncRequest:
    own = str(uuid.uuid4())
    folder = places.parse(output["S3OutputPath"])
    if "S3OutputPathExtension" in given:
        folder = folder / given["S3OutputPathExtension"].strip("/")
    request = AsyncRequest(
        id=own,
        endpoint=endpoint,
        inference_id=given.get("InferenceId", str(uuid.uuid4())),
        received=time.time(),
        ttl=given.get("RequestTTLSeconds", TTL_SECONDS),
        timeout=given.get("InvocationTimeoutSeconds", TIMEOUT_SECONDS),
        attempts=0,
        output=str(folder / given.get("Filename", f"{own}.out")),
    )
    if "S3FailurePath" in output:
        request["failure"] = str(places.parse(output["S3FailurePath"]) / f"{own}-error.out")
    if "InputLocation" in given:
        request["input"] = given["InputLocation"]
    else:
        request["inline"] = base64.b64encode(body).decode()
    if "ContentType" in given:
        request["content_type"] = given["ContentType"]
    if "Accept" in given:
        request["accept"] = given["Accept"]
    if "CustomAttributes" in given:
        request["custom_attributes"] = given["CustomAttributes"]
    return request


def sent_headers(request: AsyncRequest) -> dict[str, str]:
    """What the container gets with the body."""
    headers = {"X-Amzn-SageMaker-Inference-Id": request["inference_id"]}
    if "content_type" in request:
        headers["Content-Type"] = request["content_type"]
    if "accept" in request:
        headers["Accept"] = request["accept"]
    if "custom_attributes" in request:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = request["custom_attributes"]
    return headers
