"""Keeps prepared pictures on disk until all are judged, so that memory need not hold them."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple


class Slot(NamedTuple):
    """Where a piece lies in the spool."""

    offset: int
    length: int


class Spool:
    """One nameless file of pieces in `folder`; gone when the `with` block or the process ends.

    Threads may share it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._lock = threading.Lock()
        self._end = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def put(self, piece: bytes) -> Slot:
        with self._lock:
            self._file.seek(self._end)
            self._file.write(piece)
            slot = Slot(self._end, len(piece))
            self._end += len(piece)
        return slot

    def get(self, slot: Slot) -> bytes:
        with self._lock:
            self._file.seek(slot.offset)
            return self._file.read(slot.length)
