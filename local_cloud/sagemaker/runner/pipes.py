"""Input mode Pipe: a channel as a named pipe an epoch, fed from S3 while the job reads.

"Use Pipe mode" in the SageMaker developer guide: the program opens
``/opt/ml/input/data/<channel>_<epoch>``, from epoch 0 on, and reads to its end.
"""

from __future__ import annotations

import errno
import itertools
import os
import select
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from local_cloud.sagemaker.runner.objects import DataError

POLL_SECONDS = 0.02
Content = Callable[[int], Iterator[bytes]]
"""What the channel streams in an epoch, counted from 0. Raises DataError."""


class ChannelPipe:
    """Makes the pipes of a channel one after the other, for as long as the context is open.

    ``error`` is why a reader got less than all, or why none can: the job cannot go on then.
    """

    def __init__(self, folder: Path, channel: str, content: Content) -> None:
        self.error: DataError | None = None
        self._folder = folder
        self._channel = channel
        self._content = content
        self._made: list[int] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)

    def __enter__(self) -> ChannelPipe:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._make(0)
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._ending.set()
        self._thread.join()
        for epoch in self._made:
            self._path(epoch).unlink(missing_ok=True)

    def _make(self, epoch: int) -> None:
        # A job of that name that was killed may have left one.
        self._path(epoch).unlink(missing_ok=True)
        os.mkfifo(self._path(epoch))
        self._made = [*self._made, epoch][-2:]

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{self._channel}_{epoch}"

    def _feed(self) -> None:
        for epoch in itertools.count():
            pipe = self._open(self._path(epoch))
            if pipe is None:
                return
            # A reader that has come to the end of this one finds the next.
            self._make(epoch + 1)
            try:
                for chunk in self._content(epoch):
                    if not self._write(pipe, chunk):
                        break
            except DataError as error:
                self.error = error
                return
            finally:
                os.close(pipe)
                self._path(epoch).unlink(missing_ok=True)

    def _open(self, path: Path) -> int | None:
        """Blocks until there is a reader; None where the job has ended before that, or has put
        something else in the pipe's place."""
        while not self._ending.wait(POLL_SECONDS):
            try:
                # Through a link this process could write what the job must not.
                pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    continue
                self.error = DataError(f"{path.name} cannot be written to: {error.strerror}")
                break
            if stat.S_ISFIFO(os.fstat(pipe).st_mode):
                return pipe
            os.close(pipe)
            self.error = DataError(f"{path.name} is no pipe any more")
            break
        return None

    def _write(self, pipe: int, chunk: bytes) -> bool:
        """False where nobody reads on."""
        left = memoryview(chunk)
        while left and not self._ending.is_set():
            _, writable, _ = select.select([], [pipe], [], POLL_SECONDS)
            if not writable:
                continue
            try:
                with suppress(BlockingIOError):
                    left = left[os.write(pipe, left) :]
            except BrokenPipeError:
                return False
        return not left
