"""The containers of one instance of a transform job: the model's one, or those of its inference
pipeline, of which each gets the answer of the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from local_cloud.sagemaker.hosting.processes import Processes
from local_cloud.sagemaker.hosting.server import ModelServer
from local_cloud.sagemaker.transform import parameters
from local_cloud.sagemaker.transform.container import TransformContainer

LOG_LINES = 12
LOG_CHARACTERS = 600


class TransformContainers:
    """Started by :meth:`start`, ended by :meth:`stop`."""

    def __init__(self, containers: Sequence[TransformContainer]) -> None:
        """In the order in which they are asked."""
        self._containers = list(containers)
        self._servers: list[ModelServer] = []
        self._processes: Processes | None = None

    def start(self, s3: Any) -> Processes:
        """Fetch the models and start the servers; they need not be ready.

        Raises ModelDataError, ServerError or ApiError.
        """
        for container in self._containers:
            container.fetch(s3)
        servers = {container.name: container.server() for container in self._containers}
        self._servers = list(servers.values())
        processes = Processes(servers, {}, direct=False)
        self._processes = processes
        processes.start()
        for container in self._containers:
            container.ship()
        return processes

    def offered(self) -> dict[str, Any]:
        """What the container says of how it is to be asked; of several none is asked."""
        return parameters.offered_by(self._servers[0]) if len(self._servers) == 1 else {}

    def stop(self) -> None:
        """End the servers, and wait for that and for the logs' last lines to be sent."""
        if self._processes is not None:
            self._processes.stop()
        for container in self._containers:
            container.finish()

    def last_lines(self) -> str:
        """The end of their logs, for a FailureReason."""
        return "\n".join(self._end_of(container) for container in self._containers)

    def _end_of(self, container: TransformContainer) -> str:
        with container.workspace.log.open(errors="replace") as log:
            end = "".join(deque(log, LOG_LINES))[-LOG_CHARACTERS // len(self._containers) :]
        return end if len(self._containers) == 1 else f"{container.name}: {end.rstrip()}"
