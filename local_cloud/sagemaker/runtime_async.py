"""SageMaker Runtime's InvokeEndpointAsync: a request is queued, and answered by where its result
will lie."""

from __future__ import annotations

import json
from collections.abc import Mapping

from local_cloud.sagemaker.hosting.asynchronous import inference
from local_cloud.sagemaker.hosting.asynchronous.request import parse
from local_cloud.sagemaker.routing import check_takes_requests
from local_cloud.sagemaker.runtime import Reply
from local_cloud.sagemaker.runtime_errors import CONTENT_TYPE, ValidationError
from local_cloud.sagemaker.service import SageMakerService

MOST_INLINE_BYTES = 128_000


def invoke_endpoint_async(
    service: SageMakerService, endpoint_name: str, headers: Mapping[str, str], body: bytes
) -> Reply:
    """Status, headers and body of the answer. Raises ApiError: ValidationError."""
    document = check_takes_requests(service, endpoint_name)
    config = document.get("_serving", {}).get("asynchronous")
    if config is None:
        raise ValidationError(
            f"Endpoint {endpoint_name} is not asynchronous: its endpoint configuration has no "
            "AsyncInferenceConfig. It is invoked by InvokeEndpoint."
        )
    if len(body) > MOST_INLINE_BYTES:
        raise ValidationError(
            f"HTTP content length exceeded {MOST_INLINE_BYTES} bytes: put a larger payload into "
            "S3 and give its InputLocation.",
            status=413,
        )
    request = parse(endpoint_name, headers, body, config["OutputConfig"])
    inference.of(service).accept(request)
    answered = {
        CONTENT_TYPE: "application/json",
        "X-Amzn-SageMaker-OutputLocation": request["output"],
    }
    if "failure" in request:
        answered["X-Amzn-SageMaker-FailureLocation"] = request["failure"]
    return 202, answered, json.dumps({"InferenceId": request["inference_id"]}).encode()
