from __future__ import annotations

from typing import Any

import pytest

from lambdas.foundation.buckets import NotEmptyError, empty_bucket, stop_logging
from lambdas.shared.custom_resource import Deadline, OutOfTimeError


def deadline(seconds: float = 60) -> Deadline:
    return Deadline(seconds, lambda: 0.0)


def empty(s3: Any, bucket: str) -> int:
    return empty_bucket(s3, bucket=bucket, deadline=deadline(), sleep=lambda _: None)


def put(s3: Any, bucket: str, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")


def test_versions_delete_markers_and_unfinished_uploads_are_deleted(s3: Any, bucket: str) -> None:
    put(s3, bucket, "a b/ä.png", "a b/ä.png", "c")
    s3.delete_object(Bucket=bucket, Key="c")
    s3.create_multipart_upload(Bucket=bucket, Key="half")

    assert empty(s3, bucket) == 4

    assert not s3.list_object_versions(Bucket=bucket).get("Versions")
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")
    s3.delete_bucket(Bucket=bucket)


def test_more_objects_than_one_call_deletes_are_all_deleted(s3: Any, bucket: str) -> None:
    put(s3, bucket, *(f"{i:04}" for i in range(1001)))

    assert empty(s3, bucket) == 1001


def test_an_empty_and_a_missing_bucket_are_fine(s3: Any, bucket: str) -> None:
    assert empty(s3, bucket) == 0
    s3.delete_bucket(Bucket=bucket)

    assert empty(s3, bucket) == 0
    stop_logging(s3, buckets=[bucket])


def test_logging_is_turned_off(s3: Any, bucket: str) -> None:
    s3.put_bucket_logging(
        Bucket=bucket,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "log/"}},
    )

    stop_logging(s3, buckets=[bucket])

    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)


def test_objects_that_arrive_meanwhile_are_deleted_too(s3: Any, bucket: str) -> None:
    put(s3, bucket, "a")
    late = ["log/1", "log/2"]

    deleted = empty_bucket(
        s3,
        bucket=bucket,
        deadline=deadline(),
        sleep=lambda _: put(s3, bucket, late.pop()) if late else None,
    )

    assert deleted == 3


def test_a_bucket_that_goes_on_being_written_to_is_named(s3: Any, bucket: str) -> None:
    put(s3, bucket, "a")

    with pytest.raises(NotEmptyError, match=bucket):
        empty_bucket(
            s3, bucket=bucket, deadline=deadline(), sleep=lambda _: put(s3, bucket, "again")
        )


def test_when_time_is_over_the_rest_stays_and_that_is_said(s3: Any, bucket: str) -> None:
    put(s3, bucket, "a")

    with pytest.raises(OutOfTimeError, match=bucket):
        empty_bucket(s3, bucket=bucket, deadline=deadline(0), sleep=lambda _: None)

    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
