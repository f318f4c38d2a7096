"""One container of a transform job: the model's files, the process, its log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_cloud.sagemaker.hosting import model_files
from local_cloud.sagemaker.hosting.image_server import server_of
from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.plan import Container
from local_cloud.sagemaker.hosting.server import ModelServer, ServerError
from local_cloud.sagemaker.runner import images
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService

SHIP_SECONDS = 2.0


@dataclass(kw_only=True)
class TransformContainer:
    """Its output is its workspace's log, which is shipped from :meth:`ship` to :meth:`finish`.

    ``environment`` is what its container definition does not say; ``session()`` is that of the
    model's role, which pulls the image.
    """

    service: SageMakerService
    name: str
    workspace: Workspace
    container: Container
    environment: Mapping[str, str]
    shipper: LogShipper
    session: Callable[[], Any]
    _over: threading.Event = field(default_factory=threading.Event)
    _shipped: threading.Event | None = None

    def fetch(self, s3: Any) -> None:
        """Its model's files. Raises ModelDataError."""
        self.workspace.create()
        self.workspace.log.touch()
        data = self.container.get("data")
        if data is not None:
            model_files.fetch(s3, data, self.workspace.ml / "model")

    def server(self) -> ModelServer:
        """Not started yet. Raises ServerError or ApiError."""
        image = images.resolve(self.service.settings, self.container["image"], self.session)
        if image.serve is None:
            raise ServerError(
                f"the image {image.uri} cannot serve: it has no `serve` program", self.name
            )
        return server_of(
            image,
            image.serve,
            self.environment,
            ml=self.workspace.ml,
            log=self.workspace.log,
            settings=self.service.settings,
            name=self.name,
            whose="job",
        )

    def ship(self) -> None:
        """Begin to send the log."""
        self._shipped = threading.Event()
        self.service.tasks.start(f"log of {self.workspace.root.name}", self._ship)

    def finish(self) -> None:
        """Wait for the log's last lines to be sent, after the server's end."""
        self._over.set()
        if self._shipped is not None:
            self._shipped.wait()

    def _ship(self) -> None:
        try:
            while not self._over.wait(SHIP_SECONDS):
                self.shipper.ship()
            # A stopping local cloud takes no more requests of its own.
            if not self.service.tasks.stopping:
                self.shipper.ship()
        finally:
            if self._shipped is not None:
                self._shipped.set()
