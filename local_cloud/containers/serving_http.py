"""HTTP for the stand-ins that serve models: blocking functions behind Hypercorn, on threads."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

logger = logging.getLogger("model_server")


@dataclass(frozen=True)
class Request:
    """``headers`` have their names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Response]


class Application:
    """ASGI over a blocking function; what it raises is a 500."""

    def __init__(self, answer: Answer, threads: int) -> None:
        self._answer = answer
        # A pool of its own: handlers on one server wait for answers of the other.
        self._pool = ThreadPoolExecutor(threads)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        body = await _body(receive)
        request = Request(scope["method"], scope["path"], headers, body)
        loop = asyncio.get_running_loop()
        try:
            response = await loop.run_in_executor(self._pool, self._answer, request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            response = Response(500, b'{"error": "internal error; the log says more"}')
        given = {
            "content-type": response.content_type,
            "content-length": str(len(response.body)),
            **response.headers,
        }
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": sent})
        await send({"type": "http.response.body", "body": response.body})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def serve(answer: Answer, *, port: int, threads: int) -> None:
    """On 127.0.0.1 until SIGTERM or SIGINT; requests on their way are answered first."""

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await _serve(answer, f"127.0.0.1:{port}", threads, stop)

    asyncio.run(run())


@contextmanager
def in_background(answer: Answer, *, threads: int) -> Iterator[int]:
    """On a free port of 127.0.0.1, which is given, from a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    # Hypercorn takes the socket over by its descriptor, so no one else can take the port.
    work = _serve(answer, f"fd://{listener.detach()}", threads, stop)
    thread = threading.Thread(target=lambda: loop.run_until_complete(work), name="rest api")
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _serve(answer: Answer, bind: str, threads: int, stop: asyncio.Event) -> None:
    config = Config()
    config.bind = [bind]
    config.loglevel = "WARNING"
    config.graceful_timeout = 5
    config.include_server_header = False

    async def stopped() -> None:
        await stop.wait()

    application: Any = Application(answer, threads)
    await hypercorn_serve(application, config, shutdown_trigger=stopped)
