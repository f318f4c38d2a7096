"""Ask an asynchronous endpoint about one sample, and wait for its answer in S3."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.predictions import Prediction, PredictionsError
from contracts.samples import Samples
from lambdas.deployment.ask import accept_of, prediction_of
from lambdas.shared.aws_errors import error_code
from lambdas.shared.s3_uris import bucket_and_key

_POLL_SECONDS = 0.5
_SHORTEST_SECONDS = 1
_REASON_SHOWN = 200


class NoAnswerError(PredictionsError):
    """The endpoint took the request, and no prediction came of it."""


@dataclass(frozen=True, kw_only=True)
class AsyncAsker:
    """Asks one endpoint. `runtime` and `s3` are boto3 clients.

    Attributes:
        seconds: that the endpoint may take for an answer, its queue included.
        variant: always empty: requests of a queue cannot choose.
    """

    endpoint_name: str
    runtime: Any
    s3: Any
    seconds: float
    variant: str = ""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ask(self, body: bytes, index: Samples) -> Prediction:
        """The answer to a sample of `index`.

        Raises:
            ClientError, BotoCoreError: the endpoint took no request, or S3 refuses.
            NoAnswerError: it failed, or did not answer in time.
            PredictionsError: the answer is of another form than this project's models give.
        """
        accept = accept_of(index)
        taken = self.runtime.invoke_endpoint_async(
            EndpointName=self.endpoint_name,
            ContentType=index.content_type,
            Accept=accept,
            Body=body,
            InvocationTimeoutSeconds=max(_SHORTEST_SECONDS, int(self.seconds)),
        )
        answer, content_type = self._wait(taken["OutputLocation"], taken.get("FailureLocation"))
        kind = content_type if content_type.startswith(("text/", "application/json")) else accept
        return prediction_of(answer, kind, index)

    def _wait(self, output: str, failure: str | None) -> tuple[bytes, str]:
        end = self.clock() + self.seconds
        while True:
            found = self._read(output)
            if found is not None:
                return found
            failed = self._read(failure) if failure else None
            if failed is not None:
                reason = failed[0].decode(errors="replace")[:_REASON_SHOWN]
                raise NoAnswerError(f"the request failed, {failure} says: {reason}")
            if self.clock() >= end:
                raise NoAnswerError(f"no answer came to {output} within {self.seconds:g} seconds")
            self.sleep(_POLL_SECONDS)

    def _read(self, uri: str) -> tuple[bytes, str] | None:
        """Content and content type of an object; None while it is not there."""
        bucket, key = bucket_and_key(uri)
        try:
            found = self.s3.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise
        return found["Body"].read(), found.get("ContentType", "")
