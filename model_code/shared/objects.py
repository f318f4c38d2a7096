"""Reads the objects of a manifest from S3: many at once, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contracts.manifest import ManifestObject

Given = TypeVar("Given")
Made = TypeVar("Made")

ATTEMPTS = 8
WAITING_PER_THREAD = 4


class ObjectError(Exception):
    """An object that the manifest names cannot be read; says which and why."""


def s3_client(threads: int) -> Any:
    """A client of S3 that `threads` threads share."""
    return boto3.client(
        "s3",
        config=Config(
            max_pool_connections=threads,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )


def read_object(s3: Any, bucket: str, item: ManifestObject) -> bytes:
    """The very version that the manifest names.

    Raises:
        ObjectError: it is gone, not allowed, or not of the size that the manifest states.
    """
    version = {} if item.version_id == "null" else {"VersionId": item.version_id}
    where = f"{item.key!r} version {item.version_id} in bucket {bucket}"
    try:
        answer = s3.get_object(Bucket=bucket, Key=item.key, **version)
        content: bytes = answer["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise ObjectError(f"{where}: {error}") from error
    if len(content) != item.size:
        raise ObjectError(f"{where}: has {len(content)} bytes, the manifest says {item.size}")
    return content


def in_order(
    work: Callable[[Given], Made], items: Iterable[Given], *, threads: int
) -> Iterator[Made]:
    """What `work` makes of each item, in the order of the items.

    No more than a few items a thread are in hand at any time, so memory does not grow with
    their number. What `work` raises is raised here, and nothing further is started.
    """
    waiting: deque[Future[Made]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="object")
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= threads * WAITING_PER_THREAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
