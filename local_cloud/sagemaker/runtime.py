"""SageMaker Runtime's InvokeEndpoint: one request to one model server of an endpoint.

Errors and headers: InvokeEndpoint in the SageMaker API reference; the words of ModelError as
AWS answers them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from urllib.parse import quote

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.hosting import registry
from local_cloud.sagemaker.hosting.capture_record import Payload
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.observers import Asked
from local_cloud.sagemaker.hosting.server import (
    Answer,
    ContainerGoneError,
    InvocationTimeoutError,
)
from local_cloud.sagemaker.hosting.state import KIND
from local_cloud.sagemaker.hosting.variant import Variant
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

logger = logging.getLogger("local_cloud.endpoints")

MOST_BYTES = 6_291_456
MODEL_SECONDS = 60.0
"""A container has to answer within this time."""
_CONTENT_TYPE = "content-type"
"""In lower case: MiniStack gives every JSON answer under the other spelling the media type of the
control plane's protocol."""
_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_PASSED_ON = ("Content-Type", "Accept", _ATTRIBUTES, _INFERENCE_ID)
_REFUSED = {
    "x-amzn-sagemaker-target-model": "multi-model endpoints (TargetModel)",
    "x-amzn-sagemaker-target-container-hostname": "several containers (TargetContainerHostname)",
    "x-amzn-sagemaker-inference-component": "inference components (InferenceComponentName)",
    "x-amzn-sagemaker-session-id": "stateful sessions (SessionId)",
    "x-amzn-sagemaker-enable-explanations": "online explanations (EnableExplanations)",
}
# EndpointStatus in which an endpoint takes requests.
_TAKES_REQUESTS = ("InService", "Updating", "SystemUpdating", "RollingBack")

Reply = tuple[int, dict[str, str], bytes]


class ValidationError(ApiError):
    """The runtime's name for what the control plane calls ValidationException."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


def invoke_endpoint(
    service: SageMakerService, endpoint_name: str, headers: Mapping[str, str], body: bytes
) -> Reply:
    """Status, headers and body of the answer. Raises ApiError: ValidationError,
    ServiceUnavailable, InternalFailure."""
    given = {name.lower(): value for name, value in headers.items()}
    if len(body) > MOST_BYTES:
        raise ApiError(
            "ValidationError", f"HTTP content length exceeded {MOST_BYTES} bytes.", status=413
        )
    lacking = [what for header, what in _REFUSED.items() if header in given]
    if lacking:
        raise ValidationError(f"The local cloud does not have {'; '.join(lacking)}.")
    check_takes_requests(service, endpoint_name)
    with registry.of(service).request_to(endpoint_name) as found:
        fleet = _in_service(endpoint_name, found)
        variant = _variant(endpoint_name, fleet, given.get(_TARGET_VARIANT))
        sent = {name: given[name.lower()] for name in _PASSED_ON if name.lower() in given}
        asked = Asked.now(sent.get("Content-Type", ""), body, sent.get(_INFERENCE_ID))
        status, answered, content = _ask(service, endpoint_name, variant, sent, body)
        if status == 200:
            answer = Payload(content_type=answered[_CONTENT_TYPE], body=content)
            fleet.observers.observe(variant.plan["variant"], asked, answer)
        return status, answered, content


def check_takes_requests(service: SageMakerService, name: str) -> Document:
    """The endpoint. Raises ValidationError where it is not there or does not serve."""
    document = service.store.find(KIND, name)
    if document is None or document["EndpointStatus"] not in _TAKES_REQUESTS:
        account = service.settings.account_id
        state = "" if document is None else f" It is in status {document['EndpointStatus']}."
        raise ValidationError(f"Endpoint {name} of account {account} not found.{state}")
    return document


def _in_service(name: str, fleet: Fleet | None) -> Fleet:
    if fleet is None:
        raise ApiError(
            "ServiceUnavailable",
            f"Endpoint {name} has no instance in service: the local cloud is starting it again.",
            status=503,
        )
    if "asynchronous" in fleet.plan:
        raise ValidationError(
            f"Endpoint {name} is asynchronous (its endpoint configuration has an "
            "AsyncInferenceConfig): it is invoked by InvokeEndpointAsync, not by InvokeEndpoint."
        )
    return fleet


def _variant(name: str, fleet: Fleet, target: str | None) -> Variant:
    variant = fleet.pick(target)
    if variant is None:
        raise ValidationError(f"Variant {target} not found for Endpoint {name}.")
    return variant


def _ask(
    service: SageMakerService, name: str, variant: Variant, sent: Mapping[str, str], body: bytes
) -> Reply:
    server = variant.server
    if server is None or server.exit_status is not None:
        raise ApiError(
            "ServiceUnavailable",
            f"Variant {variant.plan['variant']} of endpoint {name} has no healthy instance: its "
            f"container ended and is being restarted. The log is in {variant.log}.",
            status=503,
        )
    try:
        answer = server.invoke(sent, body, MODEL_SECONDS)
    except InvocationTimeoutError:
        message = (
            "Your invocation timed out while waiting for a response from container primary. "
            "Review the latency metrics for each container in Amazon CloudWatch, resolve the "
            "issue, and try again."
        )
        return _model_error(service, name, 0, message.encode())
    except ContainerGoneError as error:
        logger.warning("%s: the container broke a request off: %s", name, error)
        raise ApiError(
            "InternalFailure",
            "An exception occurred while sending request to model: "
            f"{error}. The container's log is in {variant.log}.",
            status=500,
        ) from error
    if not 200 <= answer.status < 300:
        return _model_error(service, name, answer.status, answer.body)
    return 200, _answered_headers(variant, answer), answer.body


def _answered_headers(variant: Variant, answer: Answer) -> dict[str, str]:
    headers = {
        _CONTENT_TYPE: answer.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant.plan["variant"],
    }
    attributes = answer.headers.get(_ATTRIBUTES.lower())
    if attributes is not None:
        headers[_ATTRIBUTES] = attributes
    return headers


def _model_error(service: SageMakerService, name: str, status: int, body: bytes) -> Reply:
    """ModelError: HTTP 424 with the container's own answer in it."""
    original = body.decode(errors="replace")
    settings = service.settings
    group = f"/aws/sagemaker/Endpoints/{name}"
    client_side = 400 <= status < 500
    kind = "client" if client_side else "server"
    console = (
        f"https://{settings.region}.console.aws.amazon.com/cloudwatch/home?"
        f"region={settings.region}#logEventViewer:group={quote(group, safe='/')}"
    )
    content = {
        "ErrorCode": f"{'CLIENT_ERROR' if client_side else 'INTERNAL_FAILURE'}_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:{settings.region}:{settings.account_id}:log-group:{group}",
        "Message": (
            f'Received {kind} error ({status}) from primary with message "{original}". See '
            f"{console} in account {settings.account_id} for more information."
        ),
        "OriginalMessage": original,
        "OriginalStatusCode": status,
    }
    headers = {_CONTENT_TYPE: "application/json", "x-amzn-ErrorType": "ModelError"}
    return 424, headers, json.dumps(content).encode()
