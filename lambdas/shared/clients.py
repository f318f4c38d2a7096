"""AWS clients, made at first use and kept while Lambda keeps the process."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# SageMaker's control plane throttles early: more attempts than the default of three.
_ATTEMPTS = 6


@cache
def client(service: str, *, attempts: int = _ATTEMPTS) -> Any:
    """The boto3 client of a service, with the function's role and region."""
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
    return boto3.client(service, config=config)
