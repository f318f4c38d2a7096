"""Requests to an asynchronous endpoint, whose answers come to S3."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from demo.cloud import Cloud
from tests.deployment_drill.rows import CLASSES, ROWS

RIGHT, WRONG, UNANSWERED = "right", "wrong", "unanswered"
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class _Taken:
    """A request that the endpoint took: what it is about, and where SageMaker said that its
    answer, or why there is none, will lie."""

    number: int
    output: str
    failure: str


@dataclass
class AsyncRequests:
    """Sends requests to one endpoint, and reads what became of them.

    Attributes:
        refused: error codes of the requests that the endpoint did not take.
    """

    cloud: Cloud
    endpoint: str
    refused: list[str] = field(default_factory=list)
    _taken: list[_Taken] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._runtime, self._s3 = (self.cloud.client(name) for name in ("sagemaker-runtime", "s3"))

    def send(self) -> None:
        """One request more; `becomes` tells the rest."""
        number = next(self._numbers)
        try:
            taken = self._runtime.invoke_endpoint_async(
                EndpointName=self.endpoint,
                ContentType="text/csv",
                Accept="text/csv",
                Body=ROWS[number % len(ROWS)].encode(),
            )
        except ClientError as error:
            self.refused.append(error.response["Error"]["Code"])
            return
        self._taken.append(_Taken(number, taken["OutputLocation"], taken["FailureLocation"]))

    def becomes(self, *, within: float) -> list[str]:
        """Of each request that was taken: right, wrong, unanswered or the failure's text.

        Args:
            within: seconds that all of them together are waited for.
        """
        deadline = time.monotonic() + within
        return [self._outcome(each, deadline) for each in self._taken]

    @contextmanager
    def sent_steadily(self, *, rate: float) -> Iterator[None]:
        """`rate` requests a second, as long as the block lasts."""
        ended = threading.Event()

        def send_all() -> None:
            while not ended.wait(1 / rate):
                self.send()

        thread = threading.Thread(target=send_all)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _outcome(self, taken: _Taken, deadline: float) -> str:
        while True:
            answer = self._read(taken.output)
            if answer is not None:
                probabilities = json.loads(answer)
                shown = probabilities.index(max(probabilities))
                return RIGHT if shown == taken.number % len(CLASSES) else WRONG
            failure = self._read(taken.failure)
            if failure is not None:
                return failure.decode()
            if time.monotonic() >= deadline:
                return UNANSWERED
            time.sleep(POLL_SECONDS)

    def _read(self, uri: str) -> bytes | None:
        """None while it is not there."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            found: Any = self._s3.get_object(Bucket=bucket, Key=key)
        except self._s3.exceptions.NoSuchKey:
            return None
        body: bytes = found["Body"].read()
        return body
