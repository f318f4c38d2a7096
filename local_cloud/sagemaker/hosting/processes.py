"""The processes of one instance: one for each container of its model.

Several containers are asked one after the other, each with the answer of the one before
(Serial), or each on its own by its name (Direct). Contract: "Inference pipelines" and
"Multi-container endpoints" in the SageMaker developer guide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local_cloud.sagemaker.hosting.connections import (
    ContainerGoneError,
    InvocationTimeoutError,
    NotSentError,
    OpenAnswer,
)
from local_cloud.sagemaker.hosting.multi_model import MultiModel
from local_cloud.sagemaker.hosting.plan import Container, VariantPlan, containers_of
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import ModelServer

Asked = Callable[[Question, float], OpenAnswer]


@dataclass(frozen=True)
class Place:
    """Where one container of an instance has its files."""

    name: str
    container: Container
    folder: Path
    several: bool
    """Whether it has siblings."""

    @property
    def ml(self) -> Path:
        """What the container has as /opt/ml."""
        return self.folder / "ml"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def places_of(plan: VariantPlan, folder: Path) -> list[Place]:
    """In the order of the containers; ``folder`` is the instance's."""
    containers = containers_of(plan)
    several = len(containers) > 1
    return [
        Place(name, container, folder / name if several else folder, several)
        for name, container in containers.items()
    ]


class Processes:
    """Started and ended together."""

    def __init__(
        self,
        servers: Mapping[str, ModelServer],
        models: Mapping[str, MultiModel],
        *,
        direct: bool,
    ) -> None:
        """``models`` are those of the multi-model containers, by container."""
        self._servers = dict(servers)
        self._models = dict(models)
        self._direct = direct
        self._asked: dict[str, Asked] = {
            name: models[name].open if name in models else _single(server)
            for name, server in servers.items()
        }

    def start(self) -> None:
        """They need not be ready. Raises ServerError."""
        for models in self._models.values():
            models.forget()
        for server in self._servers.values():
            server.start()

    def await_healthy(self, timeout_seconds: float, *, cancelled: Callable[[], bool]) -> bool:
        """True once all answer /ping with 200; False where ``cancelled()`` became true before.

        Raises ServerError when one ends or the time is over before that.
        """
        deadline = time.monotonic() + timeout_seconds
        for server in self._servers.values():
            left = max(0.0, deadline - time.monotonic())
            if not server.await_healthy(left, cancelled=cancelled):
                return False
        for models in self._models.values():
            models.check_contract()
        return True

    @property
    def exit_status(self) -> int | None:
        """That of the first that has ended; None while all run."""
        statuses = (server.exit_status for server in self._servers.values())
        return next((status for status in statuses if status is not None), None)

    def healthy(self) -> bool:
        return all(server.healthy() for server in self._servers.values())

    def open(self, question: Question, timeout_seconds: float) -> OpenAnswer:
        """Ask those that the question is for. Raises NotSentError, ContainerGoneError,
        InvocationTimeoutError, and what :class:`MultiModel` raises."""
        if self._direct and question.container is not None:
            return self._asked[question.container](question, timeout_seconds)
        return self._one_after_the_other(question, timeout_seconds)

    def stop(self) -> None:
        """End them side by side; returns when all have ended."""
        with ThreadPoolExecutor(len(self._servers)) as pool:
            list(pool.map(lambda server: server.stop(), self._servers.values()))

    def _one_after_the_other(self, question: Question, timeout_seconds: float) -> OpenAnswer:
        deadline = time.monotonic() + timeout_seconds
        *before, last = self._asked
        asked = question
        for name in before:
            # The client's Accept is for what it gets, which is the last one's answer.
            answer = self._ask(name, asked.without("Accept"), deadline, first=asked is question)
            if not 200 <= answer.status < 300:
                return answer
            whole = answer.read()
            kind = whole.headers.get("content-type", "application/octet-stream")
            asked = question.with_content(kind, whole.body)
        return self._ask(last, asked, deadline, first=asked is question)

    def _ask(self, name: str, question: Question, deadline: float, *, first: bool) -> OpenAnswer:
        left = deadline - time.monotonic()
        if left <= 0:
            raise InvocationTimeoutError("no time is left for it", name)
        try:
            return self._asked[name](question, left)
        except NotSentError as error:
            if first:
                raise
            # Others have seen the request: no other instance may be asked the same.
            raise ContainerGoneError(str(error), error.container) from error


def _single(server: ModelServer) -> Asked:
    return lambda question, seconds: server.open(question.headers, question.body, seconds)
