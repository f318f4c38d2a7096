"""Reads a manifest object by object, so that a million of them need no more memory than one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from contracts.manifest import SCHEMA_VERSION, Manifest, ManifestError, ManifestObject
from shared.faults import RefusedError

_CHUNK = 1 << 16
_LONGEST_OBJECT = 4 * _CHUNK
_OBJECTS = '"objects":['
_MEMBERS = {field.name for field in fields(ManifestObject)}


@dataclass(frozen=True)
class ManifestHead:
    """What a manifest says of all its objects."""

    workload: str
    bucket: str
    prefix: str


class ManifestStream:
    """The one manifest in a folder, in the canonical form that `Manifest.to_bytes` writes.

    One in another form, as a person may write it, is read whole.

    Raises:
        RefusedError: none, several, or one that is not valid.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("*.json"))
        if len(files) != 1:
            names = ", ".join(file.name for file in files) or "none"
            raise RefusedError(
                "the dataset's manifest is missing:",
                [f"{folder}: expected one *.json, found {names}"],
            )
        self.path = files[0]
        self._whole = None if self._is_canonical() else self._read_whole()
        self.head = self._head()

    def objects(self) -> Iterator[ManifestObject]:
        """Each object once, sorted by key. Raises RefusedError for one that is not valid."""
        if self._whole is not None:
            yield from self._whole.objects
            return
        before = ""
        for number, item in enumerate(self._raw_objects()):
            fault = self._fault(item, before)
            if fault:
                raise self._refused([f"objects[{number}]: {fault}"])
            before = item["key"]
            yield ManifestObject(**item)

    def _fault(self, item: Any, before: str) -> str:
        if not isinstance(item, dict) or item.keys() != _MEMBERS:
            return f"expected the members {', '.join(sorted(_MEMBERS))}"
        texts = (item["key"], item["version_id"], item["etag"])
        if not all(isinstance(text, str) and text for text in texts):
            return "key, version_id and etag must be texts that are not empty"
        if type(item["size"]) is not int or item["size"] < 0:
            return f"size: expected a number of bytes of 0 or more, got {item['size']!r}"
        if not item["key"].startswith(self.head.prefix):
            return f"{item['key']!r} is not under the prefix {self.head.prefix!r}"
        if item["key"] <= before:
            return f"{item['key']!r} comes after {before!r}; sort by key, each once"
        return ""

    def _is_canonical(self) -> bool:
        with self.path.open(encoding="utf-8") as stream:
            try:
                return stream.read(_CHUNK).startswith('{"bucket":') and self._tail() is not None
            except UnicodeDecodeError:
                return False

    def _tail(self) -> dict[str, Any] | None:
        """The members after the objects, from the end of the file."""
        with self.path.open("rb") as stream:
            stream.seek(max(0, self.path.stat().st_size - _CHUNK))
            text = stream.read().decode("utf-8", errors="replace")
        # Within a text of the file a quotation mark has a backslash before it.
        found = text.rfind('],"prefix":')
        try:
            document = json.loads("{" + text[found + 2 :]) if found >= 0 else None
        except ValueError:
            return None
        return document if isinstance(document, dict) else None

    def _head(self) -> ManifestHead:
        if self._whole is not None:
            whole = self._whole
            return ManifestHead(whole.workload, whole.bucket, whole.prefix)
        with self.path.open(encoding="utf-8") as stream:
            start = stream.read(_CHUNK)
        position = start.find(_OBJECTS)
        if position < 0:
            raise self._refused([f"expected {_OBJECTS} among the first {_CHUNK} letters"])
        given = {**(self._tail() or {}), **json.loads(start[:position].rstrip(",") + "}")}
        if given.get("schema_version") != SCHEMA_VERSION:
            told = given.get("schema_version")
            raise self._refused(
                [f"schema_version: {told!r} is unknown, this code reads {SCHEMA_VERSION}"]
            )
        names = ("workload", "bucket", "prefix")
        wrong = [name for name in names if not isinstance(given.get(name), str) or not given[name]]
        if wrong or given.keys() != {*names, "schema_version"}:
            raise self._refused([f"expected schema_version, {', '.join(names)} and objects"])
        return ManifestHead(*(given[name] for name in names))

    def _raw_objects(self) -> Iterator[Any]:
        decoder = json.JSONDecoder()
        with self.path.open(encoding="utf-8") as stream:
            text = stream.read(_CHUNK)
            position = text.index(_OBJECTS) + len(_OBJECTS)
            while True:
                if text[position : position + 1] == ",":
                    position += 1
                if text[position : position + 1] == "]":
                    return
                try:
                    item, position = decoder.raw_decode(text, position)
                except ValueError as error:
                    more = stream.read(_CHUNK)
                    if not more or len(text) - position > _LONGEST_OBJECT:
                        raise self._refused([f"it is not JSON: {error}"]) from error
                    text, position = text[position:] + more, 0
                    continue
                yield item

    def _read_whole(self) -> Manifest:
        try:
            return Manifest.parse(self.path.read_bytes())
        except ManifestError as error:
            raise self._refused(error.faults) from error

    def _refused(self, faults: Any) -> RefusedError:
        return RefusedError(f"{self.path} is not a manifest:", faults)
