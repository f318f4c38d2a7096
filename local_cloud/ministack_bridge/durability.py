"""What MiniStack's services know, on disk before an answer says so.

MiniStack keeps everything but objects in memory, and writes it, a file a service, at an orderly
stop only. Here a request that may have changed a service is answered once that service's file is
written; what changes without a request (executions, messages of rules, logs) is written by rounds.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from local_cloud.ministack_bridge.requests import may_change
from local_cloud.ministack_bridge.services import Handler

GetState = Callable[[bool], str | None]
"""``get(gently)`` answers a service's state as JSON text, None where it has none (as MiniStack's
modules do that could not be loaded); gently it takes longer and lets other threads in between."""
ROUND_SECONDS = 5.0
"""In which every service is written once, each at its own moment."""
PROMPT_SECONDS = 0.04
"""A service that takes more of the processor to write than this is not waited for."""
SHARE = 0.05
"""Of all time, the part that the writing of one such service may take."""
IDLE = 4
"""So many times as long such a service rests that had not changed when it was last looked at, and
that no request has changed since."""
ATTEMPTS = 5
NOTED_SECONDS = 60.0
"""Between two notes of one and the same failure."""

logger = logging.getLogger("local_cloud.ministack")


class StateKeeper:
    """Writes the services' states, on one thread; any thread may ask for it.

    ``states()`` answers state key -> what gives that service's state.
    """

    def __init__(self, folder: Path, states: Callable[[], Mapping[str, GetState]]) -> None:
        self._folder = folder
        self._states = states
        self._changed = threading.Condition()
        self._waiting: dict[str, list[Future[None]]] = {}
        self._seconds: dict[str, float] = {}
        self._written: dict[str, tuple[bytes, float]] = {}
        self._noted: dict[str, float] = {}
        self._idle: set[str] = set()
        self._ended = False
        self._round: list[str] = []
        self._services = 0
        self._turn = time.monotonic() + ROUND_SECONDS

    def write(self, keys: Iterable[str]) -> list[Future[None]]:
        """Let the services be written soon. What is answered is done when those are that take
        little time; whoever says that something is done waits for it."""
        futures: list[Future[None]] = []
        with self._changed:
            for key in keys:
                waiting = self._waiting.setdefault(key, [])
                self._idle.discard(key)
                if self._is_prompt(key) and not self._ended:
                    future: Future[None] = Future()
                    waiting.append(future)
                    futures.append(future)
            self._changed.notify()
        return futures

    def run(self, stopping: Callable[[], bool]) -> None:
        """Write what is asked for at once, and each service once a round, until the stop."""
        try:
            while not stopping():
                try:
                    for key in self._asked_for(until=self._turn):
                        self._write_now(key)
                    if time.monotonic() >= self._turn:
                        self._take_turn()
                except Exception:
                    # Requests wait for this thread: it goes on whatever happens.
                    logger.exception("the states of services were not written this time")
        finally:
            self._release_all()

    def _take_turn(self) -> None:
        """Write the next service of this round, or of the next one."""
        self._turn = time.monotonic() + ROUND_SECONDS / max(1, self._services)
        if not self._round:
            self._round = sorted(self._states())
            self._services = len(self._round)
        if self._round and self._may_write(key := self._round.pop()):
            self._write_now(key)

    def _asked_for(self, until: float) -> list[str]:
        with self._changed:
            if not self._writable():
                self._changed.wait(max(0.0, until - time.monotonic()))
            return self._writable()

    def _writable(self) -> list[str]:
        return [key for key, waiting in self._waiting.items() if waiting or self._may_write(key)]

    def _may_write(self, key: str) -> bool:
        last = self._written.get(key, (b"", 0.0))[1]
        rest = self._seconds.get(key, 0.0) / SHARE * (IDLE if key in self._idle else 1)
        return self._is_prompt(key) or time.monotonic() - last >= rest

    def _is_prompt(self, key: str) -> bool:
        return self._seconds.get(key, 0.0) <= PROMPT_SECONDS

    def _write_now(self, key: str) -> None:
        with self._changed:
            waiting = self._waiting.pop(key, [])
        started = time.thread_time()
        try:
            self._write_file(key)
        except Exception as error:
            self._note(key, error)
        finally:
            self._seconds[key] = time.thread_time() - started
            _release(waiting)

    def _release_all(self) -> None:
        with self._changed:
            self._ended = True
            for waiting in self._waiting.values():
                _release(waiting)
            self._waiting.clear()

    def _write_file(self, key: str) -> None:
        get_state = self._states().get(key)
        text = None if get_state is None else _whole(get_state, not self._is_prompt(key))
        if text is None:
            return
        content = text.encode()
        digest = hashlib.blake2b(content).digest()
        changed = self._written.get(key, (b"", 0.0))[0] != digest
        (self._idle.discard if changed else self._idle.add)(key)
        if changed:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._folder / f"{key}.json"
            part = file.with_suffix(".json.part")
            part.write_bytes(content)
            part.replace(file)
        self._written[key] = (digest, time.monotonic())

    def _note(self, key: str, error: Exception) -> None:
        now = time.monotonic()
        if now - self._noted.get(key, -NOTED_SECONDS) >= NOTED_SECONDS:
            self._noted[key] = now
            logger.error(
                "the state of %s cannot be written to %s, and a kill would lose it: %s: %s",
                key,
                self._folder,
                type(error).__name__,
                error,
            )


def _release(waiting: Iterable[Future[None]]) -> None:
    for future in waiting:
        # Of a request whose client has gone it is cancelled.
        if future.set_running_or_notify_cancel():
            future.set_result(None)


def _whole(get_state: GetState, gently: bool) -> str | None:
    """The state as it was at one moment: a service may add to it while it is read."""
    for _ in range(ATTEMPTS - 1):
        try:
            return get_state(gently)
        except RuntimeError:
            time.sleep(0.001)
    return get_state(gently)


def keeper() -> StateKeeper:
    """The keeper of this process's MiniStack."""
    return StateKeeper(Path(os.environ["STATE_DIR"]), _ministack_states)


def _ministack_states() -> dict[str, GetState]:
    from ministack import app

    return {
        key: functools.partial(_text, key, get_state)
        for key, get_state in app._build_persistence_save_dict().items()
    }


def _text(key: str, get_state: Callable[[], Any], gently: bool) -> str | None:
    """A service's state in the form of MiniStack's own files."""
    from ministack.core import persistence

    payload = get_state()
    if payload is None:
        return None
    version = persistence._state_format_version(key)
    encoder = json.JSONEncoder(default=persistence._json_default)
    whole = {"__ministack_format__": version, "payload": payload}
    # In one piece it is three times as fast, and no other thread runs meanwhile.
    return "".join(encoder.iterencode(whole)) if gently else encoder.encode(whole)


def answer_after_writing(states: StateKeeper) -> None:
    """Let each request that may have changed a service be answered once it is written.

    Must run after every other change to MiniStack's table of handlers.
    """
    from ministack import app

    for name, handler in app.SERVICE_HANDLERS.items():
        config: Any = app.SERVICE_REGISTRY.get(name)
        if config is not None:
            own = [config.get("state_key", config["module"]), *config.get("sub_modules", ())]
            app.SERVICE_HANDLERS[name] = _writing(states, name, own, handler)


def _writing(states: StateKeeper, name: str, own: list[str], handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        answer = await handler(method, path, headers, body, query)
        keys = _to_write(name, own, method, headers, body, query)
        if keys:
            await asyncio.gather(*map(asyncio.wrap_future, states.write(keys)))
        return answer

    return handle


def _to_write(
    name: str,
    own: list[str],
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, Any],
) -> list[str]:
    from ministack import app

    if name == "cloudformation":
        # Stacks change any service while their client only asks how far they are.
        return list(app._build_persistence_save_dict())
    if name == "states" or may_change(method, headers, body, query):
        return own
    return []
