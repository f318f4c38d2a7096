"""One request from S3 to the container and back, all with the model's role."""

from __future__ import annotations

import base64
import json
import logging
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting import invocation, registry
from local_cloud.sagemaker.hosting.asynchronous.backlog import Backlog
from local_cloud.sagemaker.hosting.asynchronous.outcome import (
    COMPLETED,
    FAILED,
    Outcome,
    notice,
    topic_of,
)
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest, sent_headers
from local_cloud.sagemaker.hosting.invocation import Call
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import (
    Answer,
    ContainerGoneError,
    InvocationTimeoutError,
)
from local_cloud.sagemaker.hosting.state import KIND
from local_cloud.sagemaker.hosting.variant import NoInstanceError
from local_cloud.sagemaker.runner import places
from local_cloud.sagemaker.service import SageMakerService

logger = logging.getLogger("local_cloud.endpoints")
ATTEMPTS = 3
"""How many containers may go while they have a request, before that counts as its failure."""
MOST_INPUT_BYTES = 1_000_000_000
"""1 GB ("Asynchronous inference" in the SageMaker developer guide)."""
_AWS_ERRORS = (ClientError, BotoCoreError, ApiError)


class TooLargeError(Exception):
    """The input has more bytes than an asynchronous endpoint takes."""


class AskAgainError(Exception):
    """No container has answered the request, or said that it will not; ``attempts`` is how many
    have gone while they had it."""

    def __init__(self, attempts: int) -> None:
        super().__init__(f"{attempts} attempts")
        self.attempts = attempts


class Worker:
    def __init__(self, service: SageMakerService, backlog: Backlog) -> None:
        self._service = service
        self._backlog = backlog

    def ask(self, request: AsyncRequest) -> Outcome:
        """What the container made of the request. Raises AskAgainError."""
        try:
            body = self._input(request)
        except (*_AWS_ERRORS, TooLargeError) as error:
            self._backlog.count(request, "RequestDownloadFailures")
            return Outcome(
                status=FAILED,
                reason=f"Failed to download the input {request.get('input')}: {_text(error)}",
            )
        try:
            answer = self._invoke(request, body)
        except InvocationTimeoutError:
            return Outcome(
                status=FAILED,
                reason=(
                    "Your invocation timed out while waiting for a response from container "
                    f"primary: it had {request['timeout']} seconds."
                ),
            )
        except ContainerGoneError as error:
            attempts = request["attempts"] + 1
            if attempts < ATTEMPTS:
                raise AskAgainError(attempts) from error
            reason = f"The container went {ATTEMPTS} times while it had the request: {error}"
            return Outcome(status=FAILED, reason=reason)
        return _outcome(answer)

    def tell(self, request: AsyncRequest, outcome: Outcome) -> None:
        """Write what was answered to S3, then publish the notice that the endpoint wants."""
        notification = self._output_config(request).get("NotificationConfig", {})
        try:
            self._write(request, outcome)
        except _AWS_ERRORS as error:
            place = request["output"] if outcome.completed else request.get("failure")
            reason = f"Failed to upload the response to {place}: {_text(error)}"
            self._log(request, reason)
            self._backlog.count(request, "ResponseUploadFailures")
            outcome = Outcome(status=FAILED, reason=reason)
        topic = topic_of(outcome, notification)
        if topic is not None:
            self._publish(request, outcome, topic, notification)
        self._backlog.ended(request, outcome)

    def _publish(
        self, request: AsyncRequest, outcome: Outcome, topic: str, notification: dict[str, Any]
    ) -> None:
        region = self._service.settings.region
        message = json.dumps(notice(request, outcome, notification, region))
        try:
            self._client(request, "sns").publish(TopicArn=topic, Message=message)
        except _AWS_ERRORS as error:
            self._backlog.count(request, "NotificationFailures")
            self._log(request, f"cannot publish to {topic}: {_text(error)}")

    def _input(self, request: AsyncRequest) -> bytes:
        if "inline" in request:
            return base64.b64decode(request["inline"])
        place = places.parse(request["input"])
        found = self._client(request, "s3").get_object(Bucket=place.bucket, Key=place.key)
        if found["ContentLength"] > MOST_INPUT_BYTES:
            found["Body"].close()
            raise TooLargeError(
                f"it has {found['ContentLength']} bytes, and the most is {MOST_INPUT_BYTES}"
            )
        body: bytes = found["Body"].read()
        return body

    def _invoke(self, request: AsyncRequest, body: bytes) -> Answer:
        with registry.of(self._service).request_to(request["endpoint"]) as fleet:
            variant = None if fleet is None else fleet.pick(None)
            if fleet is None or variant is None:
                raise AskAgainError(request["attempts"])
            call = Call(
                endpoint=request["endpoint"],
                target=None,
                question=Question(headers=sent_headers(request), body=body),
                began=time.perf_counter(),
                asynchronous=True,
            )
            timeout = request["timeout"]
            try:
                return invocation.ask(self._service, call, fleet, variant, timeout_seconds=timeout)
            except NoInstanceError as error:
                raise AskAgainError(request["attempts"]) from error

    def _write(self, request: AsyncRequest, outcome: Outcome) -> None:
        if not outcome.completed and "failure" not in request:
            return
        uri = request["output"] if outcome.completed else request["failure"]
        body = outcome.body or (b"" if outcome.completed else _as_json(outcome.reason))
        place, key = places.parse(uri), self._output_config(request).get("KmsKeyId")
        more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        if outcome.content_type:
            more["ContentType"] = outcome.content_type
        s3 = self._client(request, "s3")
        s3.put_object(Bucket=place.bucket, Key=place.key, Body=body, **more)

    def _plan(self, request: AsyncRequest) -> Plan | None:
        """What serves the endpoint; None once it is deleted."""
        document = self._service.store.find(KIND, request["endpoint"]) or {}
        plan: Plan | None = document.get("_serving")
        return plan

    def _output_config(self, request: AsyncRequest) -> dict[str, Any]:
        plan = self._plan(request)
        config = {} if plan is None else plan.get("asynchronous", {})
        output: dict[str, Any] = config.get("OutputConfig", {})
        return output

    def _client(self, request: AsyncRequest, name: str) -> Any:
        """With the role of the endpoint's one model. Raises ApiError."""
        plan = self._plan(request)
        if plan is None:
            raise ApiError("ValidationException", f"endpoint {request['endpoint']} is gone")
        session = self._service.credentials.as_role(
            plan["variants"][0]["role"], session_name=f"endpoint-{request['endpoint']}"[:64]
        )
        return session.client(name)

    def _log(self, request: AsyncRequest, text: str) -> None:
        logger.warning(
            "%s, asynchronous request %s: %s", request["endpoint"], request["inference_id"], text
        )


def _outcome(answer: Answer) -> Outcome:
    content_type = answer.headers.get("content-type", "application/octet-stream")
    if 200 <= answer.status < 300:
        return Outcome(status=COMPLETED, content_type=content_type, body=answer.body)
    kind = "client" if 400 <= answer.status < 500 else "server"
    original = answer.body.decode(errors="replace")
    return Outcome(
        status=FAILED,
        reason=f'Received {kind} error ({answer.status}) from primary with message "{original}".',
        content_type=content_type,
        body=answer.body,
    )


def _as_json(reason: str) -> bytes:
    return json.dumps({"message": reason}).encode()


def _text(error: Exception) -> str:
    return str(getattr(error, "message", None) or error)
