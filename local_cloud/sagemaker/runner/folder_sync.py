"""Keeps a folder of a job in S3 while the job runs: its checkpoints, its continuous outputs."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from local_cloud.sagemaker.runner import objects, sources
from local_cloud.sagemaker.runner.places import S3Place

SYNC_SECONDS = 5.0
logger = logging.getLogger("local_cloud.jobs")


class FolderSync:
    """Uploads files that changed, every few seconds and once more at the end.

    What the job deletes stays in S3. Raises objects.UploadError at the end.
    """

    def __init__(
        self, s3: Any, folder: Path, target: S3Place, *, kms_key: str | None = None
    ) -> None:
        self._s3 = s3
        self._kms_key = kms_key
        self._folder = folder
        self._target = target
        self._uploaded: dict[Path, tuple[int, int]] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._sync_regularly, daemon=True)

    def restore(self) -> None:
        """What an earlier job left there. Raises objects.DataError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        prefix = S3Place(self._target.bucket, f"{self._target.key.rstrip('/')}/")
        if next(iter(objects.list_keys(self._s3, prefix)), None) is not None:
            sources.download_prefix(self._s3, prefix, self._folder)
            self._uploaded = dict(self._files())

    def __enter__(self) -> FolderSync:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._ending.set()
        self._thread.join()
        self._sync()

    def _sync_regularly(self) -> None:
        while not self._ending.wait(SYNC_SECONDS):
            try:
                self._sync()
            except (objects.DataError, OSError, BotoCoreError) as error:
                # A file may vanish while it is read (botocore then has errors of its own); the
                # last sync, which must succeed, tells.
                logger.info("files of %s not kept this time: %s", self._folder, error)

    def _sync(self) -> None:
        for file, state in self._files().items():
            if self._uploaded.get(file) != state:
                name = file.relative_to(self._folder).as_posix()
                objects.upload_file(self._s3, file, self._target / name, kms_key=self._kms_key)
                self._uploaded[file] = state

    def _files(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for file in objects.own_files(self._folder):
            with suppress(FileNotFoundError):
                # The job may delete what has just been listed.
                stat = file.stat()
                found[file] = (stat.st_mtime_ns, stat.st_size)
        return found
