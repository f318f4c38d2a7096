"""Take S3 URIs apart."""

from __future__ import annotations


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Bucket and key, or prefix, of `s3://bucket/key`.

    Raises:
        ValueError: it is no such URI.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise ValueError(f"{uri!r} is no S3 URI; expected s3://<bucket>/<key>")
    return bucket, key
