"""Data capture of one fleet: requests and answers as JSON Lines in S3.

Objects lie at ``<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`` ("Data capture"
in the SageMaker developer guide) and are written with the model's role.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting.capture_record import Exchange, captures, form_of, line
from local_cloud.sagemaker.runner import places
from local_cloud.sagemaker.service import SageMakerService

logger = logging.getLogger("local_cloud.endpoints")
FLUSH_SECONDS = 2.0
LAST_FLUSH_SECONDS = 10.0
"""How long the end of a fleet waits for what is not written yet."""
MOST_BYTES = 64 * 1024 * 1024
"""Beyond this much that could not be written yet, further requests are not captured."""


class Capture:
    """Takes exchanges at once and writes them in the background: a request neither waits for
    S3 nor fails because of it. What the role may not write is told to the local cloud's log,
    once a reason, and tried again."""

    def __init__(
        self,
        service: SageMakerService,
        endpoint: str,
        config: Mapping[str, Any],
        role_of: Callable[[str], str],
    ) -> None:
        """``config`` is a DataCaptureConfig; ``role_of(variant)`` the role that writes."""
        self._service = service
        self._endpoint = endpoint
        self._config = config
        self._form = form_of(config)
        self._role_of = role_of
        self._lock = threading.Lock()
        # By variant and by the hour of the request, each of which is a folder of its own.
        self._waiting: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
        self._bytes = 0
        self._told: set[str] = set()
        self._closing = threading.Event()
        self._closed = threading.Event()
        service.tasks.start(f"data capture of {endpoint}", self._run)

    def sampled(self) -> bool:
        """Whether the next request is one of the percentage to capture."""
        percentage: int = self._config["InitialSamplingPercentage"]
        return random.random() * 100 < percentage  # noqa: S311 - a sample, not a secret

    def add(self, exchange: Exchange) -> None:
        size = _size(exchange)
        with self._lock:
            full = self._bytes + size > MOST_BYTES
            if not full:
                self._bytes += size
                self._waiting[exchange.variant, f"{exchange.at:%Y/%m/%d/%H}"].append(exchange)
        if full:
            self._tell(f"{MOST_BYTES} bytes wait to be written: further requests are not captured")

    def close(self) -> None:
        """Write what is left, and wait for that."""
        self._closing.set()
        self._closed.wait(LAST_FLUSH_SECONDS)

    def _run(self) -> None:
        try:
            while not self._closing.wait(FLUSH_SECONDS) and not self._service.tasks.stopping:
                self._flush()
            self._flush()
        finally:
            self._closed.set()

    def _flush(self) -> None:
        with self._lock:
            waiting = {place: list(exchanges) for place, exchanges in self._waiting.items()}
        for place, exchanges in waiting.items():
            try:
                self._write(*place, exchanges)
            except (ClientError, BotoCoreError, ApiError) as error:
                self._tell(f"cannot write to {self._config['DestinationS3Uri']}: {error}")
            else:
                self._forget(place, exchanges)

    def _forget(self, place: tuple[str, str], written: list[Exchange]) -> None:
        with self._lock:
            self._bytes -= sum(_size(exchange) for exchange in written)
            del self._waiting[place][: len(written)]
            if not self._waiting[place]:
                del self._waiting[place]

    def _write(self, variant: str, hour: str, exchanges: list[Exchange]) -> None:
        session = self._service.credentials.as_role(
            self._role_of(variant), session_name=f"endpoint-{self._endpoint}"[:64]
        )
        s3: Any = session.client("s3")
        now = datetime.now(UTC)
        name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        destination = places.parse(self._config["DestinationS3Uri"])
        s3.put_object(
            Bucket=destination.bucket,
            Key=(destination / f"{self._endpoint}/{variant}/{hour}/{name}").key,
            Body="".join(line(one, self._form) + "\n" for one in exchanges).encode(),
            **self._encryption(),
        )

    def _encryption(self) -> dict[str, str]:
        key = self._config.get("KmsKeyId")
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}

    def _tell(self, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            logger.warning("data capture of %s: %s", self._endpoint, reason)


def _size(exchange: Exchange) -> int:
    return len(exchange.request.body) + len(exchange.answer.body)


def summary(config: Mapping[str, Any]) -> dict[str, Any]:
    """DataCaptureConfigSummary of DescribeEndpoint."""
    enabled = captures(config)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
