"""One request of a transform job to its container, with its retries, and why it failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_cloud.sagemaker.hosting.processes import Processes
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import (
    Answer,
    ContainerGoneError,
    InvocationTimeoutError,
)
from local_cloud.sagemaker.runner.failure import AlgorithmError

FIRST_PAUSE_SECONDS = 0.2
EXIT_SECONDS = 1.0
MESSAGE_LENGTH = 700


class InvocationError(Exception):
    """The container did not answer a request with a prediction.

    ``kind`` is ClientError where it refused what it was sent, else AlgorithmError; ``lines``
    are SageMaker's own words for the job's log.
    """

    def __init__(self, kind: str, lines: list[str]) -> None:
        super().__init__(" ".join(line for line in lines if line))
        self.kind = kind
        self.lines = lines


@dataclass(frozen=True, kw_only=True)
class Invoker:
    """Asks the containers; may be used by many threads."""

    processes: Processes
    headers: Mapping[str, str]
    timeout_seconds: float
    retries: int
    cancelled: Callable[[], bool]

    def ask(self, body: bytes) -> bytes:
        """The prediction. Raises InvocationError, or AlgorithmError where the container ended."""
        pause = FIRST_PAUSE_SECONDS
        for remaining in range(self.retries, -1, -1):
            try:
                return self._once(body)
            except InvocationError as error:
                self._check_alive()
                # What the container refuses once it refuses again.
                if error.kind == "ClientError" or not remaining or self.cancelled():
                    raise
            time.sleep(pause)
            pause *= 2
        raise AssertionError("a request is sent at least once")

    def _once(self, body: bytes) -> bytes:
        try:
            question = Question(headers=self.headers, body=body)
            answer = self.processes.open(question, self.timeout_seconds).read()
        except InvocationTimeoutError as error:
            message = (
                "Model server did not respond to /invocations request within "
                f"{self.timeout_seconds:g} seconds"
            )
            raise InvocationError("AlgorithmError", [message]) from error
        except ContainerGoneError as error:
            message = f"Unable to get response from algorithm: {error}"
            raise InvocationError("AlgorithmError", [message]) from error
        if not 200 <= answer.status < 300:
            raise _refusal(answer)
        return answer.body

    def _check_alive(self) -> None:
        if self.cancelled():
            return
        deadline = time.monotonic() + EXIT_SECONDS
        while not self.processes.healthy() and time.monotonic() < deadline:
            if self.processes.exit_status is not None:
                raise AlgorithmError(
                    "the container ended with exit status "
                    f"{self.processes.exit_status} while it was asked"
                )
            time.sleep(0.05)


def _refusal(answer: Answer) -> InvocationError:
    message = answer.body.decode(errors="replace")[:MESSAGE_LENGTH]
    if 400 <= answer.status < 500:
        return InvocationError(
            "ClientError", [f"ClientError: {answer.status}", "", "Message:", message]
        )
    first = f"Bad HTTP status received from algorithm: {answer.status}"
    return InvocationError("AlgorithmError", [first, "", "Message:", message])
