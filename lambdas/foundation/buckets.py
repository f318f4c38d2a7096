"""Empty a bucket: CloudFormation deletes none that holds an object."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.custom_resource import Deadline

_BATCH = 1000
"""DeleteObjects takes no more keys."""
_ROUNDS = 5
_MISSING = frozenset({"NoSuchBucket", "404"})


class NotEmptyError(Exception):
    """Objects that S3 did not delete."""


def stop_logging(s3: Any, *, buckets: Sequence[str]) -> None:
    """Turn access logging off, so that the log of one bucket does not fill another again.

    Raises:
        ClientError: S3 refuses a call; a missing bucket is fine.
    """
    for bucket in buckets:
        try:
            s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
        except ClientError as error:
            if error_code(error) not in _MISSING:
                raise


def empty_bucket(
    s3: Any, *, bucket: str, deadline: Deadline, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Delete every version, delete marker and unfinished upload; a missing bucket is fine.

    Returns:
        How many versions and delete markers were deleted.

    Raises:
        OutOfTimeError: some are left.
        NotEmptyError: S3 refused to delete some, or new ones keep coming.
        ClientError: S3 refuses a call.
    """
    try:
        _abort_uploads(s3, bucket, deadline)
        deleted = 0
        # Log files that were on their way may still arrive, so look until none is left.
        for attempt in range(_ROUNDS):
            found = _delete_versions(s3, bucket, deadline)
            if not found:
                return deleted
            deleted += found
            sleep(0.1 * 2**attempt)
    except ClientError as error:
        if error_code(error) in _MISSING:
            return 0
        raise
    raise NotEmptyError(f"new objects keep coming into {bucket}; stop what writes them")


def _abort_uploads(s3: Any, bucket: str, deadline: Deadline) -> None:
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            deadline.check(f"ending the unfinished uploads to {bucket}")
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _delete_versions(s3: Any, bucket: str, deadline: Deadline) -> int:
    """How many there were. Raises NotEmptyError."""
    count = 0
    for batch in _batches(s3, bucket):
        deadline.check(f"deleting the objects of {bucket}")
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        errors = answer.get("Errors", [])
        if errors:
            first = errors[0]
            raise NotEmptyError(
                f"{len(errors)} objects of {bucket} were not deleted, the first of them "
                f"{first.get('Key')!r}: {first.get('Code')}: {first.get('Message')}"
            )
        count += len(batch)
    return count


def _batches(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """Keys and version ids, at most `_BATCH` at once; a page is complete before it is given."""
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": _BATCH}
    )
    for page in pages:
        found = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for kind in ("Versions", "DeleteMarkers")
            for item in page.get(kind, [])
        ]
        for start in range(0, len(found), _BATCH):
            yield found[start : start + _BATCH]
