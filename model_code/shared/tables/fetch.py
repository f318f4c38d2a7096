"""Brings an object of the manifest to a file, piece by piece."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.manifest import ManifestObject
from shared.objects import ObjectError

TRIES = 3
_PIECE = 1024 * 1024


def fetch(s3: Any, bucket: str, item: ManifestObject, path: Path) -> None:
    """Write the very version that the manifest names to `path`.

    Raises:
        ObjectError: it is gone, not allowed, or not of the size that the manifest states.
    """
    version = {} if item.version_id == "null" else {"VersionId": item.version_id}
    where = f"{item.key!r} version {item.version_id} in bucket {bucket}"
    for left in reversed(range(TRIES)):
        try:
            answer = s3.get_object(Bucket=bucket, Key=item.key, **version)
            with path.open("wb") as file:
                shutil.copyfileobj(answer["Body"], file, _PIECE)
            break
        except ClientError as error:
            # The client has tried again on its own where that may help.
            raise ObjectError(f"{where}: {error}") from error
        except (BotoCoreError, OSError) as error:
            # A connection that breaks under way: boto3 does not resume it.
            if not left:
                raise ObjectError(f"{where}: {error}") from error
    size = path.stat().st_size
    if size != item.size:
        raise ObjectError(f"{where}: has {size} bytes, the manifest says {item.size}")
