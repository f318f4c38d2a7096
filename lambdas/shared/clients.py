"""AWS clients, made at first use and kept while Lambda keeps the process."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# SageMaker's control plane throttles early: more attempts than the default of three.
_ATTEMPTS = 6
# botocore's own 60 seconds are as long as most functions may take: one call that hangs would
# leave no time for another attempt.
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 20


@cache
def client(
    service: str, *, attempts: int = _ATTEMPTS, answer_seconds: float = _ANSWER_SECONDS
) -> Any:
    """The boto3 client of a service, with the function's role and region.

    Args:
        answer_seconds: what an attempt may take to be answered.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=answer_seconds,
    )
    return boto3.client(service, config=config)
