"""Moves objects between S3 and a job's folder, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from local_cloud.sagemaker.runner.places import S3Place

PARALLEL = 16


class DataError(Exception):
    """The client's data cannot be read; the message is for its FailureReason."""


class UploadError(DataError):
    """What a job made cannot be written; the message is for its FailureReason."""


Part = tuple[int, int]
"""``(i, n)``: of objects in the order of their keys the i-th, counted from 0, and each n-th
after it."""
WHOLE: Part = (0, 1)


def download_prefix(s3: Any, source: S3Place, folder: Path, *, part: Part = WHOLE) -> int:
    """Every object that begins with the prefix, under its key's rest; answers how many.

    As on SageMaker, an object whose key is the prefix itself is stored by its last part, and a
    part may be empty. Raises DataError where there is none, or where one cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _explaining(f"read {source}"):
        keys = [key for key in list_keys(s3, source) if not key.endswith("/")]
    if not keys:
        raise DataError(
            f"No S3 objects found under S3 URL {str(source)!r} given in input data source. "
            "Please ensure that the bucket exists in the selected region, that objects exist "
            "under that S3 prefix, and that the role has permissions on it."
        )

    def fetch(key: str) -> None:
        target = folder / _relative(key, source.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _explaining(f"read s3://{source.bucket}/{key}"):
            s3.download_file(source.bucket, key, str(target))

    first, step = part
    own = keys[first::step]
    _each(fetch, own)
    return len(own)


def download_object(s3: Any, source: S3Place, target: Path) -> None:
    """Raises DataError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _explaining(f"read {source}"):
        s3.download_file(source.bucket, source.key, str(target))


def upload_folder(s3: Any, folder: Path, target: S3Place, *, kms_key: str | None = None) -> int:
    """Every file below the folder; answers how many. Raises UploadError."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    _each(
        lambda file: upload_file(
            s3, file, target / file.relative_to(folder).as_posix(), kms_key=kms_key
        ),
        files,
    )
    return len(files)


def upload_file(s3: Any, file: Path, target: S3Place, *, kms_key: str | None = None) -> None:
    """Raises UploadError."""
    extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    with _explaining(f"write {target}", UploadError):
        s3.upload_file(str(file), target.bucket, target.key, ExtraArgs=extra)


def list_keys(s3: Any, source: S3Place) -> Iterator[str]:
    """Keys that begin with the prefix, in their order."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=source.bucket, Prefix=source.key)
    for page in pages:
        for entry in page.get("Contents", []):
            yield entry["Key"]


class _explaining:  # noqa: N801 - reads as a statement
    """Turns S3's refusals, and files that cannot be made, into a DataError with what was tried."""

    def __init__(self, what: str, kind: type[DataError] = DataError) -> None:
        self._what = what
        self._kind = kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, S3UploadFailedError):
            # boto3 hides the refusal of an upload in an error of its own.
            error = error.__context__
        if isinstance(error, ClientError):
            details = error.response["Error"]
            raise self._kind(
                f"cannot {self._what}: {details['Code']}: {details.get('Message', '')}"
            ) from error
        if isinstance(error, OSError):
            raise self._kind(f"cannot {self._what}: {error}") from error


def _relative(key: str, prefix: str) -> str:
    # SageMaker strips the prefix up to its last slash: files of a/b1 keep b1 with prefix a/b.
    base = prefix if prefix.endswith("/") or key.startswith(f"{prefix}/") else _parent(prefix)
    relative = key.removeprefix(base).lstrip("/")
    if ".." in Path(relative).parts:
        raise DataError(f"the key {key!r} has '..' in it and would leave the job's folder")
    return relative


def _parent(prefix: str) -> str:
    return prefix.rpartition("/")[0]


def _each(work: Callable[[Any], None], items: Iterable[Any]) -> None:
    with ThreadPoolExecutor(PARALLEL) as pool:
        # list() raises the first error.
        list(pool.map(work, items))
