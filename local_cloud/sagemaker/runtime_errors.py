"""What SageMaker Runtime answers where a model could not be asked, or did not answer well.

Codes and shapes: InvokeEndpoint in the SageMaker API reference; the words as AWS says them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting.log_shipping import log_group
from local_cloud.settings import LocalCloudSettings

CONTENT_TYPE = "content-type"
"""In lower case: MiniStack gives every JSON answer under the other spelling the media type of the
control plane's protocol."""
NO_ANSWER = 0
"""OriginalStatusCode of a container that did not answer in time."""


class InvocationError(ApiError):
    """An error whose body has members besides its message."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code, message, status=status)
        self.more = dict(more or {})


class ValidationError(InvocationError):
    """The runtime's name for what the control plane calls ValidationException."""

    def __init__(self, message: str, *, error_code: str | None = None, status: int = 400) -> None:
        more = {} if error_code is None else {"ErrorCode": error_code}
        super().__init__("ValidationError", message, status=status, more=more)


def too_large(most_bytes: int) -> ValidationError:
    """The request's body has more than so many bytes."""
    return ValidationError(f"HTTP content length exceeded {most_bytes} bytes.", status=413)


def reply(error: ApiError) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the error."""
    more = error.more if isinstance(error, InvocationError) else {}
    headers = {CONTENT_TYPE: "application/json", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps({"Message": error.message, **more}).encode()


def model_error(
    settings: LocalCloudSettings, endpoint: str, container: str, status: int, body: bytes | str
) -> InvocationError:
    """The container's own answer, or what is said in its place, as ModelError."""
    original = body if isinstance(body, str) else body.decode(errors="replace")
    kind = "client" if 400 <= status < 500 else "server"
    said = f'Received {kind} error ({status}) from {container} with message "{original}".'
    return _model_error(settings, endpoint, said, status, original)


def answer_too_large(
    settings: LocalCloudSettings, endpoint: str, container: str, status: int, most_bytes: int
) -> InvocationError:
    """The container's answer has more than so many bytes."""
    said = (
        f"Received an answer ({status}) from {container} and could not load the entire response "
        f"body: it exceeds {most_bytes} bytes."
    )
    return _model_error(settings, endpoint, said, status, "")


def _model_error(
    settings: LocalCloudSettings, endpoint: str, said: str, status: int, original: str
) -> InvocationError:
    group, region, account = log_group(endpoint), settings.region, settings.account_id
    console = (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?"
        f"region={region}#logEventViewer:group={quote(group, safe='/')}"
    )
    code = "CLIENT_ERROR_FROM_MODEL" if 400 <= status < 500 else "INTERNAL_FAILURE_FROM_MODEL"
    return InvocationError(
        "ModelError",
        f"{said} See {console} in account {account} for more information.",
        status=424,
        more={
            "ErrorCode": code,
            "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
            "OriginalMessage": original,
            "OriginalStatusCode": status,
        },
    )


def timed_out(settings: LocalCloudSettings, endpoint: str, container: str) -> InvocationError:
    """The container did not answer in time."""
    said = (
        f"Your invocation timed out while waiting for a response from container {container}. "
        "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, "
        "and try again."
    )
    return model_error(settings, endpoint, container, NO_ANSWER, said)


def not_ready() -> ApiError:
    """A model of a multi-model endpoint is not loaded in the time that a request may take."""
    return ApiError(
        "ModelNotReadyException",
        "Either a serverless endpoint variant's resources are still being provisioned, or a "
        "multi-model endpoint is still downloading or loading the target model. Wait and try "
        "your request again.",
        status=429,
    )


def broken_off(folder: object, error: Exception) -> ApiError:
    """The container ended, or ended the connection, while it had the request."""
    return ApiError(
        "InternalFailure",
        f"An exception occurred while sending request to model: {error}. "
        f"The container's log is in {folder}.",
        status=500,
    )
