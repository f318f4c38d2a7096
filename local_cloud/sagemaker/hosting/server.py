"""One model server: a process under SageMaker's serving contract.

Contract: "Use Your Own Inference Code with Hosting Services" in the SageMaker developer guide:
the image's ``serve`` program answers GET /ping with 200 once it is ready and POST /invocations
with the prediction. Processes of one machine cannot all have the port 8080, and not every system
lets each have an /opt/ml of its own, so environment variables say which they are:
``SAGEMAKER_BIND_TO_PORT`` (on 127.0.0.1) and ``SAGEMAKER_LOCAL_ML_ROOT`` (/opt/ml itself where
:mod:`local_cloud.sagemaker.runner.isolation` can give one). An image of one's own that listens on
8080 whatever the variable says is found there; of such servers a machine can have one at a time.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from local_cloud.sagemaker.hosting.connections import (
    PRIMARY,
    Answer,
    Connections,
    ContainerGoneError,
    InvocationTimeoutError,
    NotSentError,
    OpenAnswer,
)
from local_cloud.sagemaker.runner import guardian, isolation
from local_cloud.sagemaker.runner.container_view import view_of
from local_cloud.sagemaker.runner.images import Image
from local_cloud.settings import LocalCloudSettings

GUARDIAN = Path(guardian.__file__)
POLL_SECONDS = 0.1
PING_SECONDS = 2.0
"""SageMaker's own limit for an answer to /ping."""
GRACE_SECONDS = 10.0
USUAL_PORT = 8080
"""Where a container listens on SageMaker, where it has a machine to itself."""
LOOK_SECONDS = 1.0

__all__ = [
    "GUARDIAN",
    "USUAL_PORT",
    "Answer",
    "ContainerGoneError",
    "InvocationTimeoutError",
    "ModelServer",
    "NotSentError",
    "ServerError",
    "listens",
]


class ServerError(Exception):
    """The server cannot be started; the message is for the endpoint's FailureReason."""

    def __init__(self, message: str, container: str = PRIMARY) -> None:
        super().__init__(message)
        self.container = container
        """How SageMaker calls it."""


class ModelServer:
    """Starts, asks and ends one process; its output goes to ``log``."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        *,
        image: Image | None = None,
        settings: LocalCloudSettings | None = None,
        name: str = PRIMARY,
    ) -> None:
        """``folder`` is what the process has as /opt/ml; its home is a folder beside that. The
        files of ``image`` are laid out for the process, and the state of the local cloud with
        these settings is hidden from it. ``name`` is how SageMaker calls the container."""
        self.name = name
        self._image = image
        self._settings = settings
        self._command = list(command)
        self._environment = dict(environment)
        self._folder = folder
        self._log = log
        self._connections = Connections(0)
        self._look_again = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; it need not be ready. Raises ServerError."""
        self._connections = Connections(_free_port(), self.name)
        scratch = self._folder.with_name("scratch")
        # Nothing of the local cloud's own environment: a server sees what a container would.
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **self._environment,
            "SAGEMAKER_BIND_TO_PORT": str(self._connections.port),
            "SAGEMAKER_LOCAL_ML_ROOT": isolation.ML,
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, scratch):
            folder.mkdir(parents=True, exist_ok=True)
        view = view_of(self._image, self._settings, ml=self._folder, scratch=scratch)
        command = isolation.isolate(view, self._command, environment)
        guarded = [sys.executable, "-I", "-S", str(GUARDIAN), str(GRACE_SECONDS), *command.argv]
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    guarded,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=scratch,
                    env=command.environment,
                    start_new_session=True,
                )
            except OSError as error:
                text = f"cannot start {self._command[0]}: {error}"
                raise ServerError(text, self.name) from error

    def await_healthy(self, timeout_seconds: float, *, cancelled: Callable[[], bool]) -> bool:
        """True once /ping answers 200; False where ``cancelled()`` became true before.

        Raises ServerError when the process ends or the time is over before that.
        """
        deadline = time.monotonic() + timeout_seconds
        while not cancelled():
            status = self.exit_status
            if status is not None:
                raise ServerError(f"the container ended with exit status {status}", self.name)
            if self.healthy():
                return True
            if time.monotonic() >= deadline:
                raise ServerError(
                    f"the container gave no 200 to GET /ping within {timeout_seconds:g} seconds",
                    self.name,
                )
            time.sleep(POLL_SECONDS)
        return False

    @property
    def exit_status(self) -> int | None:
        """The process's exit status; None while it runs."""
        return None if self._process is None else self._process.poll()

    def healthy(self) -> bool:
        try:
            return self.get("/ping", PING_SECONDS).status == 200
        except (ContainerGoneError, InvocationTimeoutError):
            self._look_at_usual_port()
            return False

    def _look_at_usual_port(self) -> None:
        """A container of one's own may know no port but SageMaker's."""
        own = self._image is not None and self._image.files is not None
        if not own or self._connections.port == USUAL_PORT or time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + LOOK_SECONDS
        if self._process is not None and listens(self._process.pid, USUAL_PORT):
            self._connections = Connections(USUAL_PORT, self.name)

    def open(
        self,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float,
        *,
        method: str = "POST",
        path: str = "/invocations",
    ) -> OpenAnswer:
        """Ask once, and answer when the container begins to. Raises NotSentError,
        ContainerGoneError, InvocationTimeoutError."""
        return self._connections.open(method, path, headers, body, timeout_seconds)

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout_seconds: float) -> Answer:
        """POST /invocations, once, and the whole answer. Raises as :meth:`open`."""
        return self.open(headers, body, timeout_seconds).read()

    def get(self, path: str, timeout_seconds: float) -> Answer:
        """GET of a path, once. Raises as :meth:`open`."""
        return self.open({}, b"", timeout_seconds, method="GET", path=path).read()

    def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL; returns when it has ended."""
        process = self._process
        if process is None or process.stdin is None:
            return
        self._connections.close()
        # The guardian's sign to end the program.
        process.stdin.close()
        try:
            process.wait(GRACE_SECONDS + 5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        isolation.clear(self._folder.with_name("scratch"))


def listens(process_id: int, port: int) -> bool:
    """Whether the process, or one that it started, takes connections on the port."""
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(process_id)
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                for one in process.net_connections(kind="tcp"):
                    if one.status == psutil.CONN_LISTEN and one.laddr.port == port:
                        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
