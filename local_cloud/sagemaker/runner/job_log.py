"""A job's log: a file in its folder, and a stream of CloudWatch Logs under the job's own role."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("local_cloud.jobs")

SHIP_SECONDS = 1.0
BATCH_EVENTS = 1000
LINE_LIMIT = 20_000
TAIL_LINES = 30


class JobLog:
    """Lines go to the file at once, to CloudWatch Logs once a second from a thread of its own.

    Where the role may not write logs, the job goes on, as on SageMaker; the file says why
    CloudWatch Logs has nothing.
    """

    def __init__(self, file: Path, logs: Any, *, group: str, stream: str) -> None:
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._file = file
        self._logs = logs
        self._group = group
        self._stream = stream
        self._pending: deque[dict[str, Any]] = deque()
        self._closing = threading.Event()
        self._broken = False
        self._shipper = threading.Thread(target=self._ship, daemon=True)

    def __enter__(self) -> JobLog:
        self._handle = self._file.open("a", encoding="utf-8", buffering=1)
        self._shipper.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._closing.set()
        self._shipper.join(timeout=30)
        self._handle.close()

    def write(self, line: str) -> None:
        self._handle.write(line + "\n")
        if line.strip():
            self.tail.append(line)
        if not self._broken:
            message = line[:LINE_LIMIT] or " "
            self._pending.append({"timestamp": int(time.time() * 1000), "message": message})

    def _ship(self) -> None:
        try:
            self._create_stream()
            while not (self._closing.wait(SHIP_SECONDS) and not self._pending):
                self._send()
        except (ClientError, BotoCoreError) as error:
            self._broken = True
            self._pending.clear()
            note = f"[local cloud] no log in CloudWatch Logs ({self._group}): {error}"
            logger.warning("%s: %s", self._stream, note)
            if not self._handle.closed:
                self._handle.write(note + "\n")

    def _create_stream(self) -> None:
        for create, arguments in (
            (self._logs.create_log_group, {}),
            (self._logs.create_log_stream, {"logStreamName": self._stream}),
        ):
            try:
                create(logGroupName=self._group, **arguments)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise

    def _send(self) -> None:
        while self._pending:
            count = min(BATCH_EVENTS, len(self._pending))
            batch = [self._pending.popleft() for _ in range(count)]
            self._logs.put_log_events(
                logGroupName=self._group, logStreamName=self._stream, logEvents=batch
            )
