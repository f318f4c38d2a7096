"""An S3 in memory that several hosts of a job share: objects by key, and those uploaded."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class MemoryS3:
    """`get_object`, `upload_file` and `download_file` as boto3's client has them."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self._lock = threading.Lock()

    def get_object(self, *, Bucket: str, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self._content(Key))}

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        with self._lock:
            self.objects[key] = Path(path).read_bytes()

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self._content(key))

    def _content(self, key: str) -> bytes:
        with self._lock:
            if key not in self.objects:
                told = {"Error": {"Code": "404", "Message": "Not Found"}}
                raise ClientError(told, "HeadObject")
            return self.objects[key]
