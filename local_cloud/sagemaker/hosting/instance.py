"""One instance of a production variant: its model's files, its server process, its log.

An instance in service is watched: a server that ends or hangs is started anew, and takes no
requests until it answers /ping again.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.hosting import model_files
from local_cloud.sagemaker.hosting.connections import OpenAnswer
from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.plan import VariantPlan
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import ModelServer, ServerError
from local_cloud.sagemaker.runner import images, isolation
from local_cloud.sagemaker.service import SageMakerService

logger = logging.getLogger("local_cloud.endpoints")
WATCH_SECONDS = 0.5
SHIP_SECONDS = 2.0
SHIP_LIMIT_SECONDS = 10.0
FIRST_RESTART_SECONDS = 1.0
LAST_RESTART_SECONDS = 60.0
LOG_LINES = 12


@dataclass(frozen=True, kw_only=True)
class HealthRule:
    """When a server that runs counts as hung."""

    ping_seconds: float = 2.0
    """Between two looks at /ping."""
    idle_seconds: float = 30.0
    """Without a sign of life while it has nothing to do."""
    busy_seconds: float = 65.0
    """The same while it works on requests: a server of one thread answers no /ping meanwhile."""
    drain_seconds: float = 65.0
    """How long one that is to end waits for its requests."""


class Instance:
    """Started by :meth:`start`."""

    def __init__(
        self,
        service: SageMakerService,
        endpoint: str,
        plan: VariantPlan,
        variant_folder: Path,
        *,
        health: HealthRule,
    ) -> None:
        self.plan = plan
        self.name = f"i-{uuid.uuid4().hex[:17]}"
        self.folder = variant_folder / self.name
        self.log = self.folder / "server.log"
        self.serving = False
        """True once the instance takes traffic: only then a lost server is started anew."""
        self.healthy = False
        """Whether the last look found it well; requests go to such instances first."""
        self._health = health
        self._service = service
        self._endpoint = endpoint
        self._server: ModelServer | None = None
        self._stopped = threading.Event()
        self._watched = threading.Event()
        self._watched.set()
        self._idle = threading.Condition()
        self._in_flight = 0
        self._alive_at = self._started_at = 0.0

    @property
    def in_flight(self) -> int:
        """Requests that it is answering now."""
        return self._in_flight

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._server is not None and self._server.exit_status is None

    def start(self, *, cancelled: Callable[[], bool]) -> bool:
        """Fetch the model, start the server and wait until it is healthy; False if cancelled.

        Raises ModelDataError, ServerError or ApiError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        shipper = self._shipper()
        data = self.plan["container"].get("data")
        if data is not None:
            s3: Any = self._session().client("s3")
            model_files.fetch(s3, data, self.folder / "ml" / "model")
        self._server = self._make_server()
        self._server.start()
        # From here on the watcher ends the server when the local cloud stops.
        self._watched.clear()
        self._service.tasks.start(
            f"endpoint {self._endpoint} {self.name}", lambda: self._watch(shipper)
        )
        seconds = self.plan["health_check_seconds"]
        self.healthy = self._server.await_healthy(
            seconds, cancelled=lambda: cancelled() or self._stopped.is_set()
        )
        self._alive_at = self._started_at = time.monotonic()
        return self.healthy

    def enter(self) -> None:
        """A request is on its way to it: it does not end before :meth:`leave`."""
        with self._idle:
            self._in_flight += 1

    def leave(self) -> None:
        with self._idle:
            self._in_flight -= 1
            self._idle.notify_all()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Held by a request while the instance answers it."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def open(self, question: Question, timeout_seconds: float) -> OpenAnswer:
        """Raises NotSentError, ContainerGoneError, InvocationTimeoutError."""
        if self._server is None:
            raise RuntimeError(f"{self.name} was not started")
        answer = self._server.open(question.headers, question.body, timeout_seconds)
        answer.on_piece(self._note_alive)
        return answer

    def _note_alive(self) -> None:
        self._alive_at = time.monotonic()

    def stop(self, *, drain: bool) -> None:
        """End the server and wait for that and for the log's last lines to be sent; with
        ``drain`` after the requests that are on their way."""
        if drain:
            self._drain()
        self._stopped.set()
        if self._server is not None:
            self._server.stop()
        self._watched.wait(SHIP_LIMIT_SECONDS)

    def _drain(self) -> None:
        deadline = time.monotonic() + self._health.drain_seconds
        with self._idle:
            while self._in_flight and time.monotonic() < deadline:
                if self._service.tasks.stopping:
                    return
                self._idle.wait(WATCH_SECONDS)

    def remove_files(self) -> None:
        """All but the log, so that it can be read after the server's end."""
        remove_files(self.folder)

    def last_lines(self) -> str:
        """The end of the log."""
        if not self.log.exists():
            return ""
        with self.log.open(errors="replace") as file:
            return "".join(deque(file, LOG_LINES)).strip()

    def _make_server(self) -> ModelServer:
        container = self.plan["container"]
        image = images.resolve(self._service.settings, container["image"], self._session)
        if image.serve is None:
            raise ServerError(
                f"the image {container['image']} has no program `serve`. {image.note}"
            )
        if image.note:
            self._note(image.note)
        self._note(f"/opt/ml is private to this server by: {isolation.method()}")
        search = f"{image.python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {
            "PATH": search,
            **image.environment,
            "SAGEMAKER_REGION": self._service.settings.region,
            "AWS_REGION": self._service.settings.region,
            **container["environment"],
        }
        if not self.plan["isolated"]:
            role = self.plan["role"]
            environment |= self._service.credentials.environment(
                role, session_name=self._session_name
            )
        return ModelServer(
            image.serve,
            environment,
            self.folder / "ml",
            self.log,
            image=image,
            settings=self._service.settings,
        )

    def _watch(self, shipper: LogShipper) -> None:
        try:
            self._watch_until_stopped(shipper)
            if self._server is not None:
                self._server.stop()
            # A stopping local cloud takes no more requests of its own.
            if not self._service.tasks.stopping:
                shipper.ship()
        finally:
            self._watched.set()

    def _watch_until_stopped(self, shipper: LogShipper) -> None:
        pause, ship_at, ping_at = FIRST_RESTART_SECONDS, 0.0, 0.0
        while not self._over:
            now = time.monotonic()
            if now >= ship_at:
                shipper.ship()
                ship_at = now + SHIP_SECONDS
            self._stopped.wait(min(WATCH_SECONDS, self._health.ping_seconds))
            if not self.serving or self._over:
                continue
            if now >= ping_at and self.running:
                self._ping()
                ping_at = time.monotonic() + self._health.ping_seconds
            lost = self._lost()
            if lost:
                lasted = time.monotonic() - self._started_at
                pause = FIRST_RESTART_SECONDS if lasted > LAST_RESTART_SECONDS else pause
                self._replace(lost, pause)
                pause = min(2 * pause, LAST_RESTART_SECONDS)

    def _ping(self) -> None:
        if self._server is None:
            return
        self.healthy = self._server.healthy()
        if self.healthy:
            self._alive_at = time.monotonic()

    def _lost(self) -> str | None:
        """What happened to a server that has to be replaced."""
        if self._server is not None and not self.running:
            return f"ended with {self._server.exit_status}"
        rule = self._health
        silent = time.monotonic() - self._alive_at
        if silent > (rule.busy_seconds if self._in_flight else rule.idle_seconds):
            return f"gave no 200 to GET /ping for {silent:.0f} s"
        return None

    def _replace(self, lost: str, pause: float) -> None:
        """Start the server anew after a pause; one that does not come up is lost again soon."""
        if self._server is None:
            return
        self.healthy = False
        text = f"the server of {self._endpoint} {lost}: restarting"
        logger.warning("%s", text)
        self._note(text)
        self._server.stop()
        self._pause(pause)
        if self._over:
            return
        try:
            self._server.start()
            self._started_at = time.monotonic()
            self.healthy = self._server.await_healthy(
                self.plan["health_check_seconds"], cancelled=lambda: self._over
            )
        except ServerError as error:
            logger.warning("%s: %s", self._endpoint, error)
        self._alive_at = time.monotonic()

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over and time.monotonic() < until:
            self._stopped.wait(WATCH_SECONDS)

    @property
    def _over(self) -> bool:
        return self._stopped.is_set() or self._service.tasks.stopping

    def _note(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(f"[local cloud] {text}\n")

    @property
    def _session_name(self) -> str:
        return f"endpoint-{self._endpoint}"[:64]

    def _session(self) -> Any:
        return self._service.credentials.as_role(self.plan["role"], session_name=self._session_name)

    def _shipper(self) -> LogShipper:
        group = f"/aws/sagemaker/Endpoints/{self._endpoint}"
        stream = f"{self.plan['variant']}/{self.name}"
        return LogShipper(self.log, group, stream, lambda: self._session().client("logs"))


def remove_files(folder: Path) -> None:
    """The model's files and the server's scratch space in an instance's folder; the log stays."""
    for name in ("ml", "scratch"):
        shutil.rmtree(folder / name, ignore_errors=True)


START_ERRORS = (model_files.ModelDataError, ServerError, ApiError)
"""What :meth:`Instance.start` raises."""
