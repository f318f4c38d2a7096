"""MiniStack as a process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable

TLS_FAREWELL_SECONDS = 1.0


def _is_no_unanswered_farewell(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], TimeoutError))


def serve(
    *, host: str, port: int, on_start: Callable[[], None], on_stop: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT, on this port alone (MiniStack's ``main`` adds 443)."""
    import signal
    from asyncio import constants

    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack import app

    # An idle client does not answer the end of its TLS connection, and asyncio would await
    # that for 30 s at each stop; hypercorn has no setting for it.
    vars(constants)["SSL_SHUTDOWN_TIMEOUT"] = TLS_FAREWELL_SECONDS
    logging.getLogger("asyncio").addFilter(_is_no_unanswered_farewell)
    config = Config()
    config.bind = [f"{host}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 5
    config.loglevel = "WARNING"
    config.certfile = os.environ["MINISTACK_SSL_CERT"]
    config.keyfile = os.environ["MINISTACK_SSL_KEY"]

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)

        async def shutdown_trigger() -> None:
            await stop.wait()
            await asyncio.to_thread(on_stop)

        await asyncio.to_thread(on_start)
        await hypercorn_serve(app.app, config, shutdown_trigger=shutdown_trigger)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
