"""The model server of one transform job: the model's files, the process, its log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.sagemaker.hosting import model_files
from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.plan import Container
from local_cloud.sagemaker.hosting.server import ModelServer, ServerError
from local_cloud.sagemaker.runner import images, isolation
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService

SHIP_SECONDS = 2.0


class TransformContainer:
    """Started by :meth:`start`, ended by :meth:`stop`; its output is the job's log."""

    def __init__(
        self,
        service: SageMakerService,
        workspace: Workspace,
        container: Container,
        environment: Mapping[str, str],
        shipper: LogShipper,
        pull_session: Callable[[], Any],
    ) -> None:
        """``pull_session()`` is the session of the model's role, which pulls its image."""
        self._service = service
        self._workspace = workspace
        self._container = container
        self.environment = environment
        self._shipper = shipper
        self._pull_session = pull_session
        self._server: ModelServer | None = None
        self._stopped = threading.Event()
        self._shipped = threading.Event()
        self._shipped.set()

    def start(self, s3: Any) -> ModelServer:
        """Fetch the model and start the server; it need not be ready.

        Raises ModelDataError, ServerError or ApiError.
        """
        data = self._container.get("data")
        if data is not None:
            model_files.fetch(s3, data, self._workspace.ml / "model")
        image = images.resolve(self._service.settings, self._container["image"], self._pull_session)
        if image.serve is None:
            raise ServerError(f"the image {image.uri} cannot serve: it has no `serve` program")
        for note in (image.note, *isolation.note("job")):
            if note:
                self._note(note)
        search = f"{image.python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {"PATH": search, **image.environment, **self.environment}
        ml, log = self._workspace.ml, self._workspace.log
        server = ModelServer(
            image.serve, environment, ml, log, image=image, settings=self._service.settings
        )
        server.start()
        self._server = server
        self._shipped.clear()
        self._service.tasks.start(f"log of {self._workspace.root.name}", self._ship)
        return server

    def stop(self) -> None:
        """End the server, and wait for that and for the log's last lines to be sent."""
        if self._server is not None:
            self._server.stop()
        self._stopped.set()
        self._shipped.wait()

    def _ship(self) -> None:
        try:
            while not self._stopped.wait(SHIP_SECONDS):
                self._shipper.ship()
            # A stopping local cloud takes no more requests of its own.
            if not self._service.tasks.stopping:
                self._shipper.ship()
        finally:
            self._shipped.set()

    def _note(self, text: str) -> None:
        with self._workspace.log.open("a") as log:
            log.write(f"[local cloud] {text}\n")
