"""Held-out samples: files that the training pipeline keeps for the smoke test and the demo.

`samples.json` beside the files lists them:

    {"schema_version": 2, "content_type": "text/csv", "classes": ["setosa", "versicolor"],
     "samples": [{"file": "files/00.csv", "label": "setosa", "key": "uploads/iris/iris.csv:17"}]}

The files lie in a folder of their own, so that a batch transform of that folder meets nothing
else. Each is sent to the endpoint as it is, as `content_type`: a picture, or one CSV row of
features without the label. Version 1 had neither content type nor classes and held pictures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

SCHEMA_VERSION = 2
_VERSIONS = (1, 2)
INDEX = "samples.json"
IMAGE = "application/x-image"
CSV = "text/csv"
_FAULTS_SHOWN = 20


class SamplesError(ValueError):
    """An index that does not follow the schema.

    Attributes:
        faults: every fault found, one sentence each.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        shown = [f"  {fault}" for fault in self.faults[:_FAULTS_SHOWN]]
        if len(self.faults) > _FAULTS_SHOWN:
            shown.append(f"  and {len(self.faults) - _FAULTS_SHOWN} more")
        super().__init__("\n".join([f"{INDEX} is not valid:", *shown]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One file.

    Attributes:
        file: its path below the index's folder.
        label: name of its true class.
        key: where it came from; for tables with the line, `<key>:<line>`.
    """

    file: str
    label: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """The index.

    Attributes:
        content_type: what the endpoint is to be told that a file is.
        classes: names by class index, which an answer in CSV needs; empty in version 1.
    """

    content_type: str
    classes: tuple[str, ...]
    samples: tuple[Sample, ...]

    def to_json(self) -> str:
        """The index as its file holds it, always in the newest version."""
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def parse(cls, content: bytes | str) -> Samples:
        """Read an index of any known version. Raises SamplesError; unknown members are left out."""
        try:
            document = json.loads(content)
        except ValueError as error:
            raise SamplesError([f"it is not JSON: {error}"]) from error
        if not isinstance(document, dict):
            raise SamplesError([f"it is a JSON {type(document).__name__}, not an object"])
        faults = _faults(document)
        if faults:
            raise SamplesError(faults)
        return cls(
            content_type=document.get("content_type", IMAGE),
            classes=tuple(document.get("classes", ())),
            samples=tuple(
                Sample(file=item["file"], label=item["label"], key=item.get("key", item["file"]))
                for item in document["samples"]
            ),
        )


def _faults(document: dict[str, Any]) -> list[str]:
    version = document.get("schema_version")
    if version not in _VERSIONS:
        known = ", ".join(map(str, _VERSIONS))
        return [f"schema_version: {version!r} is unknown; known are {known}"]
    faults = []
    if version != 1 or "content_type" in document:
        content_type = document.get("content_type")
        if not isinstance(content_type, str) or "/" not in content_type:
            faults.append(f"content_type: expected one such as {CSV}, got {content_type!r}")
    classes = document.get("classes", [] if version == 1 else None)
    if not isinstance(classes, list) or not all(_is_text(name) for name in classes):
        faults.append(f"classes: expected a list of texts, got {classes!r}")
    samples = document.get("samples")
    if not isinstance(samples, list):
        return [*faults, f"samples: expected a list, got {samples!r}"]
    for index, item in enumerate(samples):
        faults += _sample_faults(f"samples[{index}]", item)
    return faults


def _sample_faults(where: str, item: Any) -> list[str]:
    if not isinstance(item, dict):
        return [f"{where}: expected an object, got {item!r}"]
    faults = [
        f"{where}.{name}: expected a text that is not empty, got {item.get(name)!r}"
        for name in ("file", "label")
        if not _is_text(item.get(name))
    ]
    if "key" in item and not _is_text(item["key"]):
        faults.append(f"{where}.key: expected a text that is not empty, got {item['key']!r}")
    file = item.get("file")
    if _is_text(file) and any(part in ("", ".", "..") for part in file.split("/")):
        faults.append(f"{where}.file: {file!r} is not a path below the index's folder")
    return faults


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)
