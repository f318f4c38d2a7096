"""A build's source: an object of S3, a zip or a folder of objects."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.builds.errors import BuildError
from local_cloud.sagemaker.runner import objects, sources
from local_cloud.sagemaker.runner.places import S3Place


def fetch(s3: Any, location: str, version: str, folder: Path, scratch: Path) -> None:
    """Download and unpack. Raises BuildError."""
    bucket, _, key = location.partition("/")
    folder.mkdir(parents=True, exist_ok=True)
    if key.endswith("/"):
        try:
            sources.download_prefix(s3, S3Place(bucket, key), folder)
        except objects.DataError as error:
            raise BuildError(f"CLIENT_ERROR: {error}") from error
        return
    archive = scratch / "source.zip"
    extra = {"VersionId": version} if version else {}
    try:
        s3.download_file(bucket, key, str(archive), ExtraArgs=extra)
    except ClientError as error:
        details = error.response["Error"]
        raise BuildError(
            f"CLIENT_ERROR: {details['Code']}: {details.get('Message', '')} for primary source "
            f"(s3://{bucket}/{key})"
        ) from error
    _unpack(archive, folder, f"s3://{bucket}/{key}")
    archive.unlink()


def _unpack(archive: Path, folder: Path, what: str) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                path = Path(opened.extract(member, folder))
                mode = member.external_attr >> 16
                if stat.S_ISLNK(mode):
                    raise BuildError(f"{what}: {member.filename} is a symbolic link")
                # zipfile leaves out which files can be run.
                if mode and not member.is_dir():
                    path.chmod(stat.S_IMODE(mode) & 0o777 | 0o600)
    except zipfile.BadZipFile as error:
        raise BuildError(f"CLIENT_ERROR: {what} is no zip file: {error}") from error
