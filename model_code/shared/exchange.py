"""Hosts of a processing job tell each other what they found, through files in S3.

A processing job gives its hosts neither a shared disk nor a collective operation. Each host puts
its own file, and waits until those of all others are there:

    <workspace>/<round>/<host>

Objects in S3 appear whole or not at all, so no host reads half a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from shared.faults import RefusedError
from shared.hosts import Hosts

_NOT_YET = frozenset({"404", "NoSuchKey", "403", "AccessDenied"})
"""S3 says 403 of an object that is not there to whoever may not list the bucket."""
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0


class Exchange:
    """A place in S3 that the hosts of one run share.

    Args:
        workspace_uri: ``s3://bucket/prefix`` of this run alone.
        wait_seconds: how long the slowest host may take after this one.
    """

    def __init__(
        self,
        s3: Any,
        workspace_uri: str,
        hosts: Hosts,
        *,
        wait_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        scheme, _, rest = workspace_uri.partition("://")
        self._bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not self._bucket or not prefix.strip("/"):
            raise RefusedError(
                "the hosts of the job cannot meet:",
                [f"--workspace-uri: {workspace_uri!r} is not allowed; give s3://bucket/prefix"],
            )
        self._prefix = prefix.strip("/")
        self._s3 = s3
        self._hosts = hosts
        self._wait_seconds = wait_seconds
        self._sleep = sleep
        self._clock = clock

    def share(self, round_name: str, own: Path, folder: Path) -> dict[str, Path]:
        """Give the own file; answer those of the other hosts, by host, fetched into a folder.

        Args:
            round_name: of what is exchanged, from what it is made of: a run that is started
                again must not find the files of an attempt on other data.

        Raises:
            RefusedError: a host's file did not come in time, and which.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._s3.upload_file(str(own), self._bucket, self._key(round_name, self._hosts.current))
        deadline = self._clock() + self._wait_seconds
        return {
            host: self._fetch(self._key(round_name, host), folder / host, host, deadline)
            for host in self._hosts.others
        }

    def _key(self, round_name: str, host: str) -> str:
        return f"{self._prefix}/{round_name}/{host}"

    def _fetch(self, key: str, target: Path, host: str, deadline: float) -> Path:
        pause = _FIRST_PAUSE
        while True:
            try:
                self._s3.download_file(self._bucket, key, str(target))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _NOT_YET:
                    raise
                if self._clock() >= deadline:
                    fault = (
                        f"s3://{self._bucket}/{key} did not come within "
                        f"{self._wait_seconds:g} seconds; look at the log of {host}"
                    )
                    raise RefusedError(f"{host} has not told what it found:", [fault]) from error
                self._sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return target
