"""Objects in S3 by their URI."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit


def read(s3: Any, uri: str) -> bytes:
    """The object at an S3 URI."""
    bucket, key = _place(uri)
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def read_json(s3: Any, uri: str) -> Any:
    """The JSON document at an S3 URI."""
    return json.loads(read(s3, uri))


def below(s3: Any, uri: str) -> list[str]:
    """URIs of all objects under a prefix, sorted."""
    bucket, key = _place(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{key}/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [f"s3://{bucket}/{key}" for key in sorted(keys)]


def beside(uri: str, name: str) -> str:
    """The URI of what has this name in the folder above the one that ``uri`` lies in."""
    return f"{uri.rsplit('/', 2)[0]}/{name}"


def save(s3: Any, prefix_uri: str, folder: Path) -> list[Path]:
    """Write every object under a prefix into a folder, by its last name; answers the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for uri in below(s3, prefix_uri):
        file = folder / PurePosixPath(uri).name
        file.write_bytes(read(s3, uri))
        files.append(file)
    return files


def _place(uri: str) -> tuple[str, str]:
    location = urlsplit(uri)
    return location.netloc, location.path.strip("/")
