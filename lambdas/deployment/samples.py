"""Held-out files that the training pipeline kept for the smoke test, as they lie in S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts import samples as contract


class SamplesError(Exception):
    """Samples that cannot be read or are not of the form that `contracts.samples` describes."""


@dataclass(frozen=True, kw_only=True)
class SampleStore:
    """Samples under `s3://bucket/prefix`. `s3` is a boto3 client."""

    s3: Any
    uri: str

    def index(self) -> contract.Samples:
        """The list of the samples, one at least. Raises SamplesError."""
        content = self.read(contract.INDEX)
        place = self._place(contract.INDEX)
        try:
            found = contract.Samples.parse(content)
        except contract.SamplesError as error:
            raise SamplesError(f"{place}: {error}") from error
        if not found.samples:
            raise SamplesError(f"{place} lists no sample: a model without a test does not go live")
        return found

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
