"""SageMaker Runtime's InvokeEndpoint: one request to one model server of an endpoint.

Errors and headers: InvokeEndpoint in the SageMaker API reference; the words of ModelError as
AWS answers them.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.hosting import invocation, registry
from local_cloud.sagemaker.hosting.capture_record import Payload
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.invocation import Call
from local_cloud.sagemaker.hosting.observers import Asked
from local_cloud.sagemaker.hosting.server import (
    Answer,
    ContainerGoneError,
    InvocationTimeoutError,
)
from local_cloud.sagemaker.hosting.serverless import ThrottledError
from local_cloud.sagemaker.hosting.state import KIND
from local_cloud.sagemaker.hosting.variant import NoInstanceError, Variant
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
# EndpointStatus in which an endpoint takes requests.
_TAKES_REQUESTS = (
    "InService",
    "Updating",
    "SystemUpdating",
    "RollingBack",
    "UpdateRollbackFailed",
)

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
    began = time.perf_counter()
    given = {name.lower(): value for name, value in headers.items()}
    if len(body) > MOST_BYTES:
        raise ApiError(
            "ValidationError", f"HTTP content length exceeded {MOST_BYTES} bytes.", status=413
        )
    check_takes_requests(service, endpoint_name)
    sent = {name: given[name.lower()] for name in _PASSED_ON if name.lower() in given}
    call = Call(
        endpoint=endpoint_name,
        target=given.get(_TARGET_VARIANT),
        headers=sent,
        body=body,
        began=began,
    )
    passed_over: list[Fleet] = []
    while True:
        with registry.of(service).request_to(endpoint_name, passed_over) as fleet:
            if fleet is None:
                raise _unavailable(endpoint_name, passed_over)
            _check_synchronous(endpoint_name, fleet)
            variant = _variant(call.endpoint, fleet, call.target)
            try:
                return _answer(service, call, fleet, variant)
            except NoInstanceError:
                # Nothing of the request was sent: during an update another fleet can answer it.
                passed_over.append(fleet)
                if not registry.of(service).others(endpoint_name, passed_over):
                    invocation.note_unanswered(service, call, fleet, variant)


def _answer(service: SageMakerService, call: Call, fleet: Fleet, variant: Variant) -> Reply:
    asked = Asked.now(
        call.headers.get("Content-Type", ""), call.body, call.headers.get(_INFERENCE_ID)
    )

    def observe(answer: Payload | None) -> None:
        fleet.observers.observe(variant.plan["variant"], asked, answer, ask=ask)

    def ask(shadow: Variant) -> Answer:
        copy = replace(call, began=time.perf_counter())
        try:
            return invocation.ask(service, copy, fleet, shadow, timeout_seconds=MODEL_SECONDS)
        except NoInstanceError:
            # No other fleet is asked for a shadow's answer.
            invocation.note_unanswered(service, copy, fleet, shadow)
            raise

    try:
        status, answered, content = _ask(service, call, fleet, variant)
    except ApiError:
        observe(None)
        raise
    good = status == 200
    observe(Payload(content_type=answered[_CONTENT_TYPE], body=content) if good else None)
    return status, answered, content


def check_takes_requests(service: SageMakerService, name: str) -> Document:
    """The endpoint. Raises ValidationError where it is not there or does not serve."""
    document = service.store.find(KIND, name)
    if document is None or document["EndpointStatus"] not in _TAKES_REQUESTS:
        account = service.settings.account_id
        state = "" if document is None else f" It is in status {document['EndpointStatus']}."
        raise ValidationError(f"Endpoint {name} of account {account} not found.{state}")
    return document


def _unavailable(name: str, passed_over: Sequence[Fleet]) -> ApiError:
    where = "the local cloud is starting it again"
    if passed_over:
        logs = passed_over[0].folder
        where = f"its containers ended and are being restarted. The logs are in {logs}"
    message = f"Endpoint {name} has no healthy instance in service: {where}."
    return ApiError("ServiceUnavailable", message, status=503)


def _check_synchronous(name: str, fleet: Fleet) -> None:
    if "asynchronous" in fleet.plan:
        raise ValidationError(
            f"Endpoint {name} is asynchronous (its endpoint configuration has an "
            "AsyncInferenceConfig): it is invoked by InvokeEndpointAsync, not by InvokeEndpoint."
        )


def _variant(name: str, fleet: Fleet, target: str | None) -> Variant:
    variant = fleet.pick(target)
    if variant is None:
        raise ValidationError(f"Variant {target} not found for Endpoint {name}.")
    return variant


def _ask(service: SageMakerService, call: Call, fleet: Fleet, variant: Variant) -> Reply:
    try:
        answer = invocation.ask(service, call, fleet, variant, timeout_seconds=MODEL_SECONDS)
    except ThrottledError as error:
        raise ApiError("ThrottlingException", f"Rate exceeded: {error}.") from error
    except InvocationTimeoutError:
        message = (
            "Your invocation timed out while waiting for a response from container primary. "
            "Review the latency metrics for each container in Amazon CloudWatch, resolve the "
            "issue, and try again."
        )
        return _model_error(service, call.endpoint, 0, message.encode())
    except ContainerGoneError as error:
        logger.warning("%s: the container broke a request off: %s", call.endpoint, error)
        raise ApiError(
            "InternalFailure",
            "An exception occurred while sending request to model: "
            f"{error}. The container's log is in {variant.folder}.",
            status=500,
        ) from error
    if not 200 <= answer.status < 300:
        return _model_error(service, call.endpoint, answer.status, answer.body)
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
