"""Requests to one container over connections that are kept, and its answers as they come."""

from __future__ import annotations

import http.client
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType

CHUNK_BYTES = 65_536
PRIMARY = "primary"
"""How SageMaker calls the one container of a model."""
KEPT_SECONDS = 1.0
"""How long an idle connection is used again. Less than after what time any server closes one: a
request that meets the closing cannot be sent again, since the container may have seen it."""


class ContainerError(Exception):
    """A container that did not answer."""

    def __init__(self, message: str, container: str = PRIMARY) -> None:
        super().__init__(message)
        self.container = container
        """How SageMaker calls it."""


class InvocationTimeoutError(ContainerError):
    """The container did not answer in time."""


class ContainerGoneError(ContainerError):
    """The container does not take connections or broke one off."""


class NotSentError(ContainerGoneError):
    """The container takes no connection: it has seen nothing of the request."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the container answered; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class OpenAnswer:
    """An answer that has begun. Its body is read once; closing it frees what answers it."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        body: Iterator[bytes],
        close: Callable[[], None] = lambda: None,
        *,
        container: str = PRIMARY,
    ) -> None:
        self.status = status
        self.headers = headers
        """Names in lower case."""
        self.container = container
        """How SageMaker calls what answers."""
        self.broken = False
        """Whether it ended before its end."""
        self._body = body
        self._on_piece: Callable[[], None] = lambda: None
        self._closing = ExitStack()
        self._closing.callback(close)

    def chunks(self) -> Iterator[bytes]:
        """Pieces of the body, each as soon as it is there. Raises ContainerGoneError,
        InvocationTimeoutError."""
        self._on_piece()
        try:
            for piece in self._body:
                self._on_piece()
                yield piece
        except ContainerError:
            self.broken = True
            raise

    def read(self) -> Answer:
        """The whole answer, closed. Raises as :meth:`chunks`."""
        with self:
            return Answer(status=self.status, headers=self.headers, body=b"".join(self.chunks()))

    def on_piece(self, callback: Callable[[], None]) -> None:
        """Call this at the beginning of the body and with each of its pieces."""
        self._on_piece = callback

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call this, too, before what was to be called so far."""
        self._closing.callback(callback)

    def close(self) -> None:
        self._closing.close()

    def __enter__(self) -> OpenAnswer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Connections:
    """To one port of 127.0.0.1. Thread-safe; a connection carries one request at a time."""

    def __init__(self, port: int, container: str = PRIMARY) -> None:
        self.port = port
        self._container = container
        self._lock = threading.Lock()
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []

    def open(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> OpenAnswer:
        """Ask once; the answer must have ended within so many seconds. Raises NotSentError,
        ContainerGoneError, InvocationTimeoutError."""
        deadline = time.monotonic() + seconds
        with self._told(seconds):
            connection, sock = self._take(seconds)
            try:
                connection.request(method, path, body=body or None, headers=dict(headers))
                response = connection.getresponse()
            except BaseException:
                connection.close()
                raise
        return OpenAnswer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            self._chunks(response, sock, deadline, seconds),
            lambda: self._end(connection, response),
            container=self._container,
        )

    def close(self) -> None:
        """End those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _take(self, seconds: float) -> tuple[http.client.HTTPConnection, socket.socket]:
        while (kept := self._kept()) is not None:
            sock = kept.sock
            if sock is not None and not _has_ended(sock):
                sock.settimeout(seconds)
                return kept, sock
            kept.close()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.connect()
        except ConnectionError as error:
            raise NotSentError(f"{type(error).__name__}: {error}", self._container) from error
        return connection, connection.sock

    def _kept(self) -> http.client.HTTPConnection | None:
        with self._lock:
            while self._idle:
                since, connection = self._idle.pop()
                if time.monotonic() - since < KEPT_SECONDS:
                    return connection
                connection.close()
        return None

    def _end(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        if response.isclosed() and not response.will_close and connection.sock is not None:
            with self._lock:
                self._idle.append((time.monotonic(), connection))
            return
        response.close()
        connection.close()

    def _chunks(
        self,
        response: http.client.HTTPResponse,
        sock: socket.socket,
        deadline: float,
        seconds: float,
    ) -> Iterator[bytes]:
        while True:
            with self._told(seconds):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                if not response.isclosed():
                    sock.settimeout(left)
                chunk = response.read1(CHUNK_BYTES)
                if not chunk and response.length:
                    raise http.client.IncompleteRead(b"", response.length)
            if not chunk:
                # Nothing is left: now the response itself knows that its connection is free.
                response.read()
                return
            yield chunk

    @contextmanager
    def _told(self, seconds: float) -> Iterator[None]:
        """Say what the network says in this module's errors."""
        try:
            yield
        except TimeoutError as error:
            text = f"no answer within {seconds:g} seconds"
            raise InvocationTimeoutError(text, self._container) from error
        except (OSError, http.client.HTTPException) as error:
            text = f"{type(error).__name__}: {error}"
            raise ContainerGoneError(text, self._container) from error


def _has_ended(sock: socket.socket) -> bool:
    """Of an idle connection: what can be read from one is its end.

    By poll, since select refuses file descriptors beyond 1,023."""
    look = select.poll()
    look.register(sock, select.POLLIN)
    return bool(look.poll(0))
