"""Copies a model server's log file to CloudWatch Logs, with the model's execution role."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.json_api.errors import ApiError

logger = logging.getLogger("local_cloud.endpoints")
MOST_EVENTS = 1000
MOST_BYTES = 200_000
"""PutLogEvents takes 10,000 events and 1 MiB; a line of 256 KiB."""


def log_group(endpoint: str) -> str:
    """Where the logs of an endpoint's containers are in CloudWatch Logs."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


class LogShipper:
    """Follows one file. What CloudWatch Logs refuses is told to the local cloud's log and to
    the file itself, once a reason, and tried again: no line is lost while the file is there."""

    def __init__(self, file: Path, group: str, stream: str, client: Callable[[], Any]) -> None:
        """``client()`` gives a CloudWatch Logs client; it may raise ApiError."""
        self._file = file
        self._group = group
        self._stream = stream
        self._client = client
        # Lines of an earlier server in the same file were shipped by its own shipper.
        self._offset = file.stat().st_size if file.exists() else 0
        self._made = False
        self._kept: Any = None
        self._told: set[str] = set()

    def ship(self) -> None:
        """Send what was written since. Never raises for what CloudWatch Logs refuses."""
        while chunk := self._next_chunk():
            lines = chunk.decode(errors="replace").splitlines()
            try:
                self._put([line for line in lines if line.strip()])
            except (ClientError, BotoCoreError, ApiError) as error:
                # Another client may have other credentials.
                self._kept = None
                self._tell(f"{error}")
                return
            self._offset += len(chunk)

    def _next_chunk(self) -> bytes:
        with self._file.open("rb") as file:
            file.seek(self._offset)
            chunk = file.read(MOST_BYTES)
        whole = chunk[: chunk.rfind(b"\n") + 1]
        if not whole and len(chunk) == MOST_BYTES:
            return chunk
        lines = whole.splitlines(keepends=True)
        return b"".join(lines[:MOST_EVENTS])

    def _put(self, lines: list[str]) -> None:
        if not lines:
            return
        # A client is made once: its making holds up requests for a tenth of a second.
        client = self._kept = self._kept or self._client()
        if not self._made:
            _ignoring_existing(client.create_log_group, logGroupName=self._group)
            _ignoring_existing(
                client.create_log_stream, logGroupName=self._group, logStreamName=self._stream
            )
            self._made = True
        now = int(time.time() * 1000)
        client.put_log_events(
            logGroupName=self._group,
            logStreamName=self._stream,
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )

    def _tell(self, reason: str) -> None:
        if reason in self._told:
            return
        self._told.add(reason)
        text = f"cannot write to the log group {self._group}: {reason}"
        logger.warning("%s (the log is in %s)", text, self._file)
        with self._file.open("a") as file:
            file.write(f"[local cloud] {text}\n")


def _ignoring_existing(create: Callable[..., Any], **arguments: str) -> None:
    try:
        create(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
