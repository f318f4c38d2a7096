"""One production variant of a fleet: its model's files, its server, its log.

A variant runs one server whatever its instance count says: that number is reported, not run.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.hosting import model_files
from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.plan import VariantPlan
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


class Variant:
    """Started by :meth:`start`; watched, so that a server that ends by itself is started anew."""

    def __init__(
        self, service: SageMakerService, endpoint: str, plan: VariantPlan, deployment: str
    ) -> None:
        self.plan = plan
        self.folder = service.settings.endpoints_dir / endpoint / deployment / plan["variant"]
        self.log = self.folder / "server.log"
        self.stream = f"{plan['variant']}/i-{deployment}"
        self._service = service
        self._endpoint = endpoint
        self._server: ModelServer | None = None
        self._stopped = threading.Event()
        self._watched = threading.Event()
        self._watched.set()

    @property
    def server(self) -> ModelServer | None:
        return self._server

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
            f"endpoint {self._endpoint} {self.plan['variant']}", lambda: self._watch(shipper)
        )
        seconds = self.plan["health_check_seconds"]
        return self._server.await_healthy(
            seconds, cancelled=lambda: cancelled() or self._stopped.is_set()
        )

    def stop(self) -> None:
        """End the server and wait for that and for the log's last lines to be sent."""
        self._stopped.set()
        if self._server is not None:
            self._server.stop()
        self._watched.wait(SHIP_LIMIT_SECONDS)

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
        return ModelServer(image.serve, environment, self.folder / "ml", self.log, image=image)

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
        pause, ship_at = FIRST_RESTART_SECONDS, 0.0
        while not self._over:
            if time.monotonic() >= ship_at:
                shipper.ship()
                ship_at = time.monotonic() + SHIP_SECONDS
            self._stopped.wait(WATCH_SECONDS)
            if self._died_in_service():
                self._pause(pause)
                pause = min(2 * pause, LAST_RESTART_SECONDS)
                self._restart()

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over and time.monotonic() < until:
            self._stopped.wait(WATCH_SECONDS)

    @property
    def _over(self) -> bool:
        return self._stopped.is_set() or self._service.tasks.stopping

    serving = False
    """True once the variant takes traffic: only then a dead server is started anew."""

    def _died_in_service(self) -> bool:
        server = self._server
        alive = server is None or server.exit_status is None
        return self.serving and not alive and not self._over

    def _restart(self) -> None:
        if self._over or self._server is None:
            return
        text = f"the server of {self._endpoint} ended with {self._server.exit_status}: restarting"
        logger.warning("%s", text)
        self._note(text)
        try:
            self._server.start()
        except ServerError as error:
            logger.warning("%s: %s", self._endpoint, error)

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
        return LogShipper(self.log, group, self.stream, lambda: self._session().client("logs"))


def remove_files(folder: Path) -> None:
    """The model's files and the server's scratch space in a variant's folder; the log stays."""
    for name in ("ml", "scratch"):
        shutil.rmtree(folder / name, ignore_errors=True)


START_ERRORS = (model_files.ModelDataError, ServerError, ApiError)
"""What :meth:`Variant.start` raises."""
