"""Holds requests back until what the last stop interrupted has been taken up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from local_cloud.json_api.api import HttpAnswer

Handler = Callable[..., Awaitable[HttpAnswer]]

WAIT_SECONDS = 30.0
"""A request waits no longer: what is taken up by then will not be any faster."""

POLL_SECONDS = 0.02


class Opening:
    """Without it a job that is created in a start's first moments would be taken for one that
    the last stop interrupted, and an execution could be started twice."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def holding(self, handler: Handler) -> Handler:
        """The handler, which gets its requests once this is open."""

        async def handle(*request: Any) -> HttpAnswer:
            clock = asyncio.get_running_loop().time
            deadline = clock() + WAIT_SECONDS
            # On no thread: few are shared by all services, and what is taken up may need one.
            while not self._open.is_set() and clock() < deadline:
                await asyncio.sleep(POLL_SECONDS)
            return await handler(*request)

        return handle
