"""Reads what jobs left in S3."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import boto3


def read_object(uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def json_in_archive(uri: str, name: str) -> Any:
    """A JSON file of a tar.gz in S3."""
    with tarfile.open(fileobj=io.BytesIO(read_object(uri))) as archive:
        member = archive.extractfile(name)
        assert member is not None
        return json.load(member)
