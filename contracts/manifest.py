"""The manifest: which version of which objects a dataset version is made of.

A manifest is written once and never changed. Its canonical JSON decides its name: the dataset
version is the SHA-256 of those bytes, so two manifests of one name are the same manifest.

    {"bucket": "...", "objects": [{"etag": "...", "key": "...", "size": 123, "version_id": "..."}],
     "prefix": "uploads/birds/", "schema_version": 1, "workload": "birds"}
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SCHEMA_VERSION = 1
_MEMBERS = frozenset({"schema_version", "workload", "bucket", "prefix", "objects"})
_OBJECT_MEMBERS = frozenset({"key", "version_id", "size", "etag"})
_FAULTS_SHOWN = 20


class ManifestError(ValueError):
    """A manifest that does not follow the schema.

    Attributes:
        faults: every fault found, one sentence each.
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        shown = [f"  {fault}" for fault in faults[:_FAULTS_SHOWN]]
        rest = len(faults) - len(shown)
        if rest:
            shown.append(f"  and {rest} more")
        super().__init__("\n".join(["the manifest is not valid:", *shown]))


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestObject:
    """One version of one object.

    Attributes:
        key: plain, as S3 knows it; may hold spaces and any Unicode letter.
        version_id: never empty: `null` is S3's word in an unversioned bucket.
        size: bytes.
        etag: without quotes.
    """

    key: str
    version_id: str
    size: int
    etag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """A dataset version.

    Attributes:
        objects: sorted by key (by code point, which is S3's own order), each key once.
    """

    workload: str
    bucket: str
    prefix: str
    objects: tuple[ManifestObject, ...]

    def __post_init__(self) -> None:
        """Raises ManifestError for objects that are unsorted, repeated or elsewhere."""
        faults = _order_faults(self.objects) + [
            f"objects: {item.key!r} is not under the prefix {self.prefix!r}"
            for item in self.objects
            if not item.key.startswith(self.prefix)
        ]
        if faults:
            raise ManifestError(faults)

    def to_bytes(self) -> bytes:
        """Canonical JSON: members sorted, no white space, UTF-8 without escapes."""
        # Piece by piece into bytes: with a million objects a text of it all, whose letters take
        # four bytes each where one of them is rare, would not fit beside them.
        head = _canonical({"bucket": self.bucket})[:-1]
        tail = _canonical(
            {"prefix": self.prefix, "schema_version": SCHEMA_VERSION, "workload": self.workload}
        )[1:]
        content = io.BytesIO()
        content.write(f'{head},"objects":['.encode())
        for index, item in enumerate(self.objects):
            text = _canonical(
                {
                    "etag": item.etag,
                    "key": item.key,
                    "size": item.size,
                    "version_id": item.version_id,
                }
            )
            content.write((f",{text}" if index else text).encode())
        content.write(f"],{tail}".encode())
        return content.getvalue()

    @classmethod
    def parse(cls, content: bytes | str) -> Manifest:
        """Read a manifest. Raises ManifestError with all faults."""
        try:
            document = json.loads(content)
        except ValueError as error:
            raise ManifestError([f"it is not JSON: {error}"]) from error
        if not isinstance(document, dict):
            raise ManifestError([f"it is a JSON {type(document).__name__}, not an object"])
        faults = _member_faults(document)
        objects = document.get("objects")
        items: list[ManifestObject] = []
        if isinstance(objects, list):
            for index, item in enumerate(objects):
                found = _object_faults(f"objects[{index}]", item)
                faults += found
                if not found:
                    items.append(ManifestObject(**item))
        if faults:
            raise ManifestError(faults)
        return cls(
            workload=document["workload"],
            bucket=document["bucket"],
            prefix=document["prefix"],
            objects=tuple(items),
        )


def dataset_version(content: bytes) -> str:
    """Name of the dataset version with this manifest: 64 hexadecimal digits.

    Args:
        content: what `Manifest.to_bytes` gave.
    """
    return hashlib.sha256(content).hexdigest()


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _member_faults(document: Mapping[str, Any]) -> list[str]:
    faults = _names_faults("", document, _MEMBERS)
    version = document.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION or isinstance(version, bool):
        faults.append(f"schema_version: {version!r} is unknown, this code reads {SCHEMA_VERSION}")
    faults += [
        f"{name}: expected a text that is not empty, got {document[name]!r}"
        for name in ("workload", "bucket", "prefix")
        if name in document and not _is_text(document[name])
    ]
    if "objects" in document and not isinstance(document["objects"], list):
        faults.append(f"objects: expected a list, got a {type(document['objects']).__name__}")
    return faults


def _object_faults(where: str, item: Any) -> list[str]:
    if not isinstance(item, dict):
        return [f"{where}: expected an object, got a {type(item).__name__}"]
    faults = _names_faults(f"{where}.", item, _OBJECT_MEMBERS)
    faults += [
        f"{where}.{name}: expected a text that is not empty, got {item[name]!r}"
        for name in ("key", "version_id", "etag")
        if name in item and not _is_text(item[name])
    ]
    size = item.get("size", 0)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        faults.append(f"{where}.size: expected a number of bytes of 0 or more, got {size!r}")
    return faults


def _names_faults(where: str, given: Mapping[str, Any], allowed: frozenset[str]) -> list[str]:
    missing = [f"{where}{name}: is missing" for name in sorted(allowed - given.keys())]
    unknown = [
        f"{where}{name}: is unknown; allowed are {', '.join(sorted(allowed))}"
        for name in sorted(given.keys() - allowed)
    ]
    return missing + unknown


def _order_faults(objects: tuple[ManifestObject, ...]) -> list[str]:
    faults = []
    for before, after in pairwise(objects):
        if before.key == after.key:
            faults.append(f"objects: {after.key!r} is listed twice")
        elif before.key > after.key:
            faults.append(f"objects: {after.key!r} comes after {before.key!r}; sort by key")
    return faults


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
