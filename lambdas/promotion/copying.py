"""Copy objects from the bucket of one account into that of another, however large they are.

S3's own CopyObject needs one principal that may read there and write here; the reading role of
the other account may not write here, and needs not. So the bytes pass through.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.promotion.errors import PromotionRefused
from lambdas.shared.s3_uris import bucket_and_key

PART_BYTES = 32 * 1024 * 1024
"""Held in memory at a time; S3 takes 10,000 parts, which are 312 GB then."""


@dataclass(frozen=True, kw_only=True)
class Copier:
    """Attributes:
    source, target: boto3 clients of S3 with the rights of the two accounts.
    bucket: that is copied into.
    part_bytes: of a multipart upload, 5 MiB or more (but for the last).
    """

    source: Any
    target: Any
    bucket: str
    part_bytes: int = PART_BYTES

    def copy_prefix(self, uri: str, prefix: str) -> int:
        """Copy all below `uri` to below `prefix`.

        Returns:
            How many objects there were.
        """
        bucket, key = bucket_and_key(uri.rstrip("/") + "/")
        pages = self.source.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        copied = 0
        for page in pages:
            for item in page.get("Contents", []):
                self.copy(f"s3://{bucket}/{item['Key']}", prefix + item["Key"].removeprefix(key))
                copied += 1
        return copied

    def copy(
        self, uri: str, key: str, *, sha256: str = "", entity_tag: str = ""
    ) -> tuple[str, int]:
        """Copy one object; nothing is there under `key` before all of it is known to be right.

        Args:
            sha256: that its content must have, in hexadecimal digits; empty for any.
            entity_tag: that S3 must have for it; empty for any.

        Returns:
            Its SHA-256, and its bytes.

        Raises:
            PromotionRefused: its content is another than it must be.
            ClientError: S3 refuses.
        """
        bucket, source_key = bucket_and_key(uri)
        answer = self.source.get_object(Bucket=bucket, Key=source_key)
        found = str(answer["ETag"]).strip('"')
        if entity_tag and found != entity_tag.strip('"'):
            raise PromotionRefused(
                f"{uri} is not the object that was registered: it was replaced since. Its entity "
                f"tag is {found}, the registry's is {entity_tag}"
            )
        digest = hashlib.sha256()
        parts = _parts(answer["Body"], self.part_bytes)
        first = next(parts, b"")
        if len(first) < self.part_bytes:
            digest.update(first)
            _check(uri, digest.hexdigest(), sha256)
            self.target.put_object(Bucket=self.bucket, Key=key, Body=first)
            return digest.hexdigest(), len(first)
        size = self._upload(uri, key, itertools.chain([first], parts), digest, sha256)
        return digest.hexdigest(), size

    def _upload(self, uri: str, key: str, parts: Iterable[bytes], digest: Any, sha256: str) -> int:
        """Upload in parts, feeding `digest`, and complete that only where it is right."""
        place = {"Bucket": self.bucket, "Key": key}
        upload = self.target.create_multipart_upload(**place)["UploadId"]
        size, done = 0, []
        try:
            for number, part in enumerate(parts, start=1):
                digest.update(part)
                answer = self.target.upload_part(
                    **place, UploadId=upload, PartNumber=number, Body=part
                )
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
                size += len(part)
            _check(uri, digest.hexdigest(), sha256)
        except BaseException:
            self.target.abort_multipart_upload(**place, UploadId=upload)
            raise
        self.target.complete_multipart_upload(
            **place, UploadId=upload, MultipartUpload={"Parts": done}
        )
        return size


def _parts(body: Any, size: int) -> Iterator[bytes]:
    """The body in parts of `size` bytes; only the last is shorter."""
    held = bytearray()
    while chunk := body.read(size - len(held)):
        held += chunk
        if len(held) == size:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _check(uri: str, found: str, wanted: str) -> None:
    if wanted and found != wanted:
        raise PromotionRefused(
            f"{uri} is not the model that was registered: its SHA-256 is {found}, the registry's "
            f"is {wanted}. Do not serve it; find out who replaced it"
        )
