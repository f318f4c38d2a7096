"""Held-out files that the training pipeline kept for the smoke test.

`samples.json` beside them lists them:
`{"schema_version": 1, "image_size": 32, "samples": [{"file", "label", "key"}]}`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

SCHEMA_VERSION = 1
INDEX = "samples.json"


class SamplesError(Exception):
    """Samples that cannot be read or are not of the form described above."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Attributes:
    file: name beside the index.
    label: class that the file was uploaded under.
    """

    file: str
    label: str


@dataclass(frozen=True, kw_only=True)
class SampleStore:
    """Samples under `s3://bucket/prefix`. `s3` is a boto3 client."""

    s3: Any
    uri: str

    def index(self) -> tuple[Sample, ...]:
        """All samples, at least one. Raises SamplesError."""
        content = self.read(INDEX)
        place = self._place(INDEX)
        try:
            document = json.loads(content)
        except ValueError as error:
            raise SamplesError(f"{place} is not JSON: {error}") from error
        samples = document.get("samples") if isinstance(document, dict) else None
        if not isinstance(samples, list) or document.get("schema_version") != SCHEMA_VERSION:
            raise SamplesError(
                f"{place}: expected an object with schema_version {SCHEMA_VERSION} and a list "
                "of samples"
            )
        if not samples:
            raise SamplesError(f"{place} lists no sample: a model without a test does not go live")
        return tuple(_sample(f"{place}: samples[{i}]", each) for i, each in enumerate(samples))

    def read(self, file: str) -> bytes:
        """Content of a file. Raises SamplesError."""
        bucket, prefix = self._bucket_and_prefix()
        try:
            body: bytes = self.s3.get_object(Bucket=bucket, Key=prefix + file)["Body"].read()
        except ClientError as error:
            raise SamplesError(f"{self._place(file)} cannot be read: {error}") from error
        return body

    def _bucket_and_prefix(self) -> tuple[str, str]:
        bucket, _, prefix = self.uri.removeprefix("s3://").partition("/")
        return bucket, f"{prefix.rstrip('/')}/"

    def _place(self, file: str) -> str:
        bucket, prefix = self._bucket_and_prefix()
        return f"s3://{bucket}/{prefix}{file}"


def _sample(where: str, item: Any) -> Sample:
    if not isinstance(item, dict):
        raise SamplesError(f"{where}: expected an object, got {item!r}")
    for name in ("file", "label"):
        if not isinstance(item.get(name), str) or not item[name]:
            raise SamplesError(f"{where}.{name}: expected a text, got {item.get(name)!r}")
    return Sample(file=item["file"], label=item["label"])
