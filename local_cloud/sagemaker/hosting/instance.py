"""One instance of a production variant: its model's files, its server process, its log.

An instance in service is watched: a server that ends or hangs is started anew, and takes no
requests until it answers /ping again.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_cloud.sagemaker.hosting.connections import OpenAnswer
from local_cloud.sagemaker.hosting.image_server import note
from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.making import Maker
from local_cloud.sagemaker.hosting.plan import VariantPlan
from local_cloud.sagemaker.hosting.processes import Processes, places_of
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import ServerError
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
        self._places = places_of(plan, self.folder)
        self.serving = False
        """True once the instance takes traffic: only then a lost server is started anew."""
        self.healthy = False
        """Whether the last look found it well; requests go to such instances first."""
        self._health = health
        self._service = service
        self._endpoint = endpoint
        self._processes: Processes | None = None
        self._granted: list[dict[str, str]] = []
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
        return self._processes is not None and self._processes.exit_status is None

    def start(self, *, cancelled: Callable[[], bool]) -> bool:
        """Fetch the model, start the server and wait until it is healthy; False if cancelled.

        Raises ModelDataError, ServerError or ApiError.
        """
        maker = self._maker()
        shippers = maker.logs()
        maker.fetch()
        self._granted = maker.granted
        try:
            self._processes = maker.processes()
            self._processes.start()
        except BaseException:
            # The watcher, which revokes otherwise, is not there yet.
            self._revoke()
            raise
        # From here on the watcher ends the servers when the local cloud stops.
        self._watched.clear()
        self._service.tasks.start(
            f"endpoint {self._endpoint} {self.name}", lambda: self._watch(shippers)
        )
        seconds = self.plan["health_check_seconds"]
        self.healthy = self._processes.await_healthy(
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
        """Raises as :meth:`Processes.open`."""
        if self._processes is None:
            raise RuntimeError(f"{self.name} was not started")
        answer = self._processes.open(question, timeout_seconds)
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
        if self._processes is not None:
            self._processes.stop()
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

    def last_lines(self, container: str) -> str:
        """The end of a container's log."""
        log = next(place.log for place in self._places if place.name == container)
        if not log.exists():
            return ""
        with log.open(errors="replace") as file:
            return "".join(deque(file, LOG_LINES)).strip()

    def _maker(self) -> Maker:
        return Maker(self._service, self._endpoint, self.plan, self.name, self._places)

    def _watch(self, shippers: Sequence[LogShipper]) -> None:
        try:
            try:
                self._watch_until_stopped(shippers)
            finally:
                # Also where a log cannot be shipped: what nobody watches must not serve on.
                if self._processes is not None:
                    self._processes.stop()
                self._revoke()
            # A stopping local cloud takes no more requests of its own.
            if not self._service.tasks.stopping:
                ship(shippers)
        finally:
            self._watched.set()

    def _revoke(self) -> None:
        for environment in self._granted:
            self._service.credentials.revoke(environment)

    def _watch_until_stopped(self, shippers: Sequence[LogShipper]) -> None:
        pause, ship_at, ping_at = FIRST_RESTART_SECONDS, 0.0, 0.0
        while not self._over:
            now = time.monotonic()
            if now >= ship_at:
                ship(shippers)
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
        if self._processes is None:
            return
        self.healthy = self._processes.healthy()
        if self.healthy:
            self._alive_at = time.monotonic()

    def _lost(self) -> str | None:
        """What happened to a server that has to be replaced."""
        if self._processes is not None and not self.running:
            return f"ended with {self._processes.exit_status}"
        rule = self._health
        silent = time.monotonic() - self._alive_at
        if silent > (rule.busy_seconds if self._in_flight else rule.idle_seconds):
            return f"gave no 200 to GET /ping for {silent:.0f} s"
        return None

    def _replace(self, lost: str, pause: float) -> None:
        """Start the server anew after a pause; one that does not come up is lost again soon."""
        if self._processes is None:
            return
        self.healthy = False
        text = f"the server of {self._endpoint} {lost}: restarting"
        logger.warning("%s", text)
        self._note(text)
        self._processes.stop()
        self._pause(pause)
        if self._over:
            return
        try:
            self._processes.start()
            self._started_at = time.monotonic()
            self.healthy = self._processes.await_healthy(
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
        for place in self._places:
            note(place.log, text)


def ship(shippers: Sequence[LogShipper]) -> None:
    """What the logs have to say since the last time."""
    for shipper in shippers:
        shipper.ship()


def remove_files(folder: Path) -> None:
    """The models' files and the servers' scratch space in an instance's folder; the logs stay."""
    for log in [*folder.glob("server.log"), *folder.glob("*/server.log")]:
        for name in ("ml", "scratch"):
            shutil.rmtree(log.with_name(name), ignore_errors=True)
