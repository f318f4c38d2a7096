"""Moves objects between S3 and a job's folder, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from local_cloud.sagemaker.runner.places import S3Place
from local_cloud.sagemaker.runner.workspace import in_place

PARALLEL = 16


class DataError(Exception):
    """The client's data cannot be read; the message is for its FailureReason."""


class NoObjectsError(DataError):
    """Nothing lies under the place, or the role may not see what does."""

    def __init__(self, place: S3Place, region: str) -> None:
        super().__init__(
            f'No S3 objects found under S3 URL "{place}" given in input data source. Please '
            f"ensure that the bucket exists in the selected region ({region}), that objects exist "
            "under that S3 prefix"
        )
        self.bucket = place.bucket

    def said_to(self, role_arn: str) -> str:
        """SageMaker's words for a job of the role."""
        return (
            f'{self}, and that the role "{role_arn}" has "s3:ListBucket" permissions on bucket '
            f'"{self.bucket}".'
        )


class UploadError(DataError):
    """What a job made cannot be written; the message is for its FailureReason."""


Part = tuple[int, int]
"""``(i, n)``: of objects in the order of their keys the i-th, counted from 0, and each n-th
after it."""
WHOLE: Part = (0, 1)
_WITHOUT_BODY = {
    "403": ("AccessDenied", "Access Denied"),
    "404": ("NoSuchKey", "The specified key does not exist."),
}


def download_object(s3: Any, source: S3Place, target: Path) -> None:
    """Raises DataError."""
    with _explaining(f"Unable to download object {source}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(source.bucket, source.key, str(target))


def read(s3: Any, source: S3Place) -> bytes:
    """A whole object. Raises DataError."""
    with _explaining(f"Unable to download object {source}"):
        content: bytes = s3.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
        return content


def all_keys(s3: Any, source: S3Place) -> list[str]:
    """As :func:`list_keys`. Raises NoObjectsError where S3 refuses to tell, as SageMaker does."""
    try:
        return list(list_keys(s3, source))
    except ClientError as error:
        raise NoObjectsError(source, s3.meta.region_name) from error


def check_any(s3: Any, source: S3Place) -> None:
    """Raises NoObjectsError where no key begins with the prefix, or S3 refuses to tell."""
    try:
        found = s3.list_objects_v2(Bucket=source.bucket, Prefix=source.key, MaxKeys=1)
    except ClientError as error:
        raise NoObjectsError(source, s3.meta.region_name) from error
    if not found.get("KeyCount"):
        raise NoObjectsError(source, s3.meta.region_name)


def upload_folder(s3: Any, folder: Path, target: S3Place, *, kms_key: str | None = None) -> int:
    """Every file below the folder; answers how many. Raises UploadError."""
    files = own_files(folder)
    each(
        lambda file: upload_file(
            s3, file, target / file.relative_to(folder).as_posix(), kms_key=kms_key
        ),
        files,
    )
    return len(files)


def own_files(folder: Path) -> list[Path]:
    """Every file below a folder that a job wrote. A link that leads out of it is none: this
    process, unlike the job, would find there what the job must not see."""
    if not in_place(folder):
        return []
    inside = folder.resolve()
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.resolve().is_relative_to(inside)
    ]


def upload_file(s3: Any, file: Path, target: S3Place, *, kms_key: str | None = None) -> None:
    """Raises UploadError."""
    extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    with _explaining(f"Unable to upload object {target}", UploadError):
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
            code, message = details["Code"], details.get("Message", "")
            # S3's answer to HEAD, with which boto3 begins a download, has no body to say more.
            code, message = _WITHOUT_BODY.get(code, (code, message))
            raise self._kind(f"{self._what} ({code}: {message})") from error
        if isinstance(error, OSError):
            raise self._kind(f"{self._what} ({error})") from error


def each(work: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Do the work for all items, many at a time. Raises what the first failure raised."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        # list() raises the first error.
        list(pool.map(work, items))
