"""A run's documents in the data bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts import names
from contracts.batch_run import MANIFEST, REPORT, BatchManifest, BatchReport, as_json
from contracts.documents import from_document
from lambdas.serving.progress import Progress, begin

PROGRESS = "progress.json"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class RunStore:
    """Reads and writes one workload's runs. `s3` is a boto3 client; calls raise ClientError."""

    s3: Any
    bucket: str
    workload: str

    def manifest(self, run: str) -> BatchManifest:
        """Raises DocumentError."""
        return BatchManifest.parse(self.read(self._key(run, MANIFEST)))

    def write_manifest(self, manifest: BatchManifest) -> None:
        self.write(self._key(manifest.run, MANIFEST), manifest.to_bytes())

    def report(self, run: str) -> BatchReport | None:
        """None where the run is not done, or where there is none. Raises DocumentError."""
        content = self._read_if_there(self._key(run, REPORT))
        return None if content is None else BatchReport.parse(content)

    def write_report(self, report: BatchReport) -> None:
        self.write(self._key(report.run, REPORT), report.to_bytes())

    def progress(self, manifest: BatchManifest) -> Progress:
        """The beginning where nothing was done yet. Raises DocumentError."""
        content = self._read_if_there(self._key(manifest.run, PROGRESS))
        if content is None:
            return begin(len(manifest.inputs))
        return from_document(Progress, json.loads(content), what="the batch run's progress")

    def write_progress(self, run: str, progress: Progress) -> None:
        self.write(self._key(run, PROGRESS), as_json(progress))

    def report_uri(self, run: str) -> str:
        return f"s3://{self.bucket}/{self._key(run, REPORT)}"

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """A whole object."""
        return b"".join(self.chunks(key, version_id))

    def chunks(self, key: str, version_id: str | None = None) -> Iterator[bytes]:
        """An object in pieces of a megabyte."""
        version = {"VersionId": version_id} if version_id else {}
        answer = self.s3.get_object(Bucket=self.bucket, Key=key, **version)
        yield from iter(lambda: answer["Body"].read(_CHUNK), b"")

    def write(self, key: str, content: bytes) -> None:
        """An object, encrypted as the bucket has it."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def delete(self, key: str) -> None:
        """Nothing is said where there is no such object."""
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> frozenset[str]:
        """Keys of the objects under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return frozenset(item["Key"] for page in pages for item in page.get("Contents", []))

    def _key(self, run: str, name: str) -> str:
        return f"{names.batch_run_prefix(self.workload, run)}{name}"

    def _read_if_there(self, key: str) -> bytes | None:
        return self.read(key) if is_there(self.s3, bucket=self.bucket, key=key) else None


def is_there(s3: Any, *, bucket: str, key: str) -> bool:
    """Whether there is an object.

    By listing: of a missing object S3 says that access is denied to whoever may list a part of
    the bucket only.
    """
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return any(item["Key"] == key for item in found)
