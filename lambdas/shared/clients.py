"""AWS clients, made at first use and kept while Lambda keeps the process."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# SageMaker's control plane throttles early: more attempts than the default of three.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6})


@cache
def client(service: str) -> Any:
    """The boto3 client of a service, with the function's role and region."""
    return boto3.client(service, config=_CONFIG)
