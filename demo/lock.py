"""One demo at a time in a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.errors import DemoError


@contextmanager
def only_one_demo(path: Path) -> Iterator[None]:
    """Hold the lock file for the length of the block.

    The lock is the kernel's, so a killed demo leaves none behind.
    Raises DemoError, with the other's process id, where one is running.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            # Empty while the other has the lock and has not written yet.
            other = lock.read().strip() or "of an unknown id"
            raise DemoError(
                f"a demo is already running in this folder (process {other}). "
                "Wait for it or stop it with Ctrl-C, then run `make demo` again."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
