"""What an endpoint was asked and answered, as data capture left it in S3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from contracts.captured import Captured, CapturedError, capture_prefix
from lambdas.shared.json_lines import lines_since

MOST_REQUESTS = 20_000
"""Of each variant: enough to tell two models apart, and what a function can hold."""


@dataclass(frozen=True, kw_only=True)
class CapturedFiles:
    """Files of one endpoint. `s3` is a boto3 client.

    Attributes:
        prefix: of data capture's destination in the bucket.
    """

    s3: Any
    bucket: str
    prefix: str
    endpoint_name: str

    def read(self, variant: str, *, since: datetime) -> Iterator[Captured]:
        """What was written of a variant since then, MOST_REQUESTS at most.

        A line that cannot be read is told to the log and left out.

        Raises:
            ClientError: S3 refuses.
        """
        return islice(self._read(variant, since), MOST_REQUESTS)

    def _read(self, variant: str, since: datetime) -> Iterator[Captured]:
        prefix = capture_prefix(self.prefix, self.endpoint_name, variant)
        for where, line in lines_since(self.s3, self.bucket, prefix, since=since):
            try:
                yield Captured.parse(line)
            except CapturedError as error:
                logging.warning("%s: %s", where, error)
