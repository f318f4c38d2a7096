"""Lines of files in S3 that grow in number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any


def lines_since(
    s3: Any, bucket: str, prefix: str, *, since: datetime
) -> Iterator[tuple[str, bytes]]:
    """Lines that are not empty, of all files under a prefix that were written since then.

    Args:
        s3: a boto3 client.

    Yields:
        Where the line stands, for people, and the line.

    Raises:
        ClientError: S3 refuses.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for item in page.get("Contents", []):
            if item["LastModified"] < since:
                continue
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"]
            for number, line in enumerate(body.iter_lines(), start=1):
                if line.strip():
                    yield f"s3://{bucket}/{item['Key']}, line {number}", line
