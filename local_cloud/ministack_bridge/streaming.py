"""Answers of a handler that are sent piece by piece, as they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from typing import Any, Protocol

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Pieces(Iterator[bytes], Protocol):
    """The parts of a body."""

    def close(self) -> None:
        """No more of them are wanted."""


def streamed(pieces: Pieces, pool: Executor) -> Any:
    """What a handler answers in place of a body.

    The pieces are taken on threads of ``pool``, and are closed at their end, or at the next one
    after the client has gone.
    """
    from ministack.core.responses import StreamingResponse

    async def run(send: Send, receive: Receive) -> None:
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            while not gone.done():
                piece = await loop.run_in_executor(pool, next, pieces, None)
                await send(_body(piece or b"", more=piece is not None))
                if piece is None:
                    return
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone
            await loop.run_in_executor(pool, pieces.close)

    return StreamingResponse(run)


def _body(content: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        """What is left of the request."""
