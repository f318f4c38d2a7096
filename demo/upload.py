"""Upload a folder of pictures with the ordinary S3 client."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

UPLOAD_THREADS = 16


def upload_folder(
    s3: Any, folder: Path, *, bucket: str, prefix: str, progress: Callable[[int, int], None]
) -> int:
    """Every file under ``folder`` to ``prefix`` + its relative path; answers their number.

    ``progress(done, total)`` is called as files arrive.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())

    def put(path: Path) -> None:
        key = prefix + path.relative_to(folder).as_posix()
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())

    with ThreadPoolExecutor(UPLOAD_THREADS) as pool:
        for done, _ in enumerate(pool.map(put, files), start=1):
            progress(done, len(files))
    return len(files)
