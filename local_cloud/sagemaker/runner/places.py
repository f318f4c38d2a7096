"""S3 URIs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from local_cloud.json_api.errors import ValidationException


@dataclass(frozen=True)
class S3Place:
    """A bucket, and a key or a prefix in it (it may be empty)."""

    bucket: str
    key: str

    def __truediv__(self, name: str) -> S3Place:
        return S3Place(self.bucket, f"{self.key.rstrip('/')}/{name}".lstrip("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def check_container_path(path: str, root: str, whose: str) -> None:
    """Raises ValidationException unless ``path`` lies below ``root`` in the container."""
    parts = PurePosixPath(path).parts
    if PurePosixPath(root) not in PurePosixPath(path).parents or ".." in parts:
        raise ValidationException(
            f"LocalPath {path} of {whose} is invalid: it must lie below {root} and hold no '..'"
        )


_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")
"""Hosts of S3: "Virtual hosting of buckets" in its user guide. A path-style one names no bucket."""


def parse(uri: str) -> S3Place:
    """An s3:// address, or one of S3's https:// addresses, which SageMaker takes as well.

    Raises ValidationException for what is neither.
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme == "https" and (host := _HOST.fullmatch(bucket)):
        if host["bucket"]:
            bucket = host["bucket"]
        else:
            bucket, _, key = key.partition("/")
        scheme = "s3"
    if scheme != "s3" or not bucket:
        raise ValidationException(f"{uri!r} is not an S3 URI: s3://<bucket>/<key or prefix>")
    return S3Place(bucket, key)
