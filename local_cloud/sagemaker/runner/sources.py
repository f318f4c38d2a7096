"""The objects that an S3DataSource names: those of a prefix, or those of a manifest.

Forms: S3DataSource in the SageMaker API reference.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.objects import DataError
from local_cloud.sagemaker.runner.places import S3Place

_Any = TypeVar("_Any")


@dataclass(frozen=True)
class SourceObject:
    """``name`` is the key's part after the prefix: the path that the object gets below its
    channel's folder, and by which a transform job names its output."""

    place: S3Place
    name: str

    @property
    def label(self) -> str:
        """As SageMaker's own log lines call it."""
        return f"{self.place.bucket}/{self.place.key}"


def find(s3: Any, source: Mapping[str, Any]) -> list[SourceObject]:
    """Of an S3Prefix in the order of the keys, of a ManifestFile in the manifest's.

    Raises DataError: none there, not readable, no manifest, a name that leaves the folder.
    """
    place = places.parse(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        return _of_manifest(s3, place)
    return of_prefix(s3, place)


def of_prefix(s3: Any, place: S3Place) -> list[SourceObject]:
    """Every object whose key begins with the prefix, but for what stands for a folder.

    As on SageMaker, an object whose key is the prefix itself is named by its last part, and so is
    one whose key goes on within the prefix's last part. Raises DataError.
    """
    keys = [key for key in objects.all_keys(s3, place) if not key.endswith("/")]
    if not keys:
        raise objects.NoObjectsError(place, s3.meta.region_name)
    return [_named(S3Place(place.bucket, key), _relative(key, place.key)) for key in keys]


def download(s3: Any, found: Sequence[SourceObject], folder: Path) -> None:
    """Every object into the folder. Raises DataError where one cannot be read, or where one is
    named as the folder of another."""
    folder.mkdir(parents=True, exist_ok=True)
    folders = {parent for one in found for parent in PurePosixPath(one.name).parents}
    for one in found:
        if PurePosixPath(one.name) in folders:
            raise DataError(
                f"Failed to download data. Cannot download {one.place}, a previously downloaded "
                "file/folder clashes with it. Please check your s3 objects and ensure that there "
                "is no object that is both a folder as well as a file."
            )
    objects.each(lambda one: objects.download_object(s3, one.place, folder / one.name), found)


def download_prefix(s3: Any, place: S3Place, folder: Path) -> None:
    """Every object of :func:`of_prefix` into the folder. Raises DataError."""
    folder.mkdir(parents=True, exist_ok=True)
    download(s3, of_prefix(s3, place), folder)


def in_order(
    found: Sequence[_Any], part: objects.Part, *, seed: int | None, epoch: int = 0
) -> list[_Any]:
    """A host's part of objects or records, shuffled before they are dealt out where there is a
    seed."""
    ordered = list(found)
    if seed is not None:
        random.Random(f"{seed} {epoch}").shuffle(ordered)  # noqa: S311 - no secret
    first, step = part
    return ordered[first::step]


def seed_of(channel: Mapping[str, Any]) -> int | None:
    """A channel's ShuffleConfig."""
    config = channel.get("ShuffleConfig")
    return None if config is None else int(config["Seed"])


def _of_manifest(s3: Any, place: S3Place) -> list[SourceObject]:
    body = objects.read(s3, place)
    try:
        head, *names = json.loads(body)
        base = places.parse(head["prefix"])
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ValueError("names are missing or no strings")
    except (ValueError, TypeError, KeyError, AttributeError, ApiError) as error:
        raise DataError(
            f"The manifest {place} cannot be read: {error}. Its form is "
            '[{"prefix": "s3://bucket/prefix/"}, "name", "name", ...]'
        ) from error
    return [
        _named(S3Place(base.bucket, f"{base.key}{name}"), name.lstrip("/"))
        for name in names
        if not name.endswith("/")
    ]


def _named(place: S3Place, name: str) -> SourceObject:
    illegal = "//" if "//" in place.key else ".." if ".." in name.split("/") else None
    if illegal is not None:
        raise DataError(
            f"Failed to download data. S3 key: {place} has an illegal char sub-sequence "
            f"'{illegal}' in it"
        )
    return SourceObject(place, name)


def _relative(key: str, prefix: str) -> str:
    # SageMaker strips the prefix up to its last slash: files of a/b1 keep b1 with prefix a/b.
    base = prefix if prefix.endswith("/") or key.startswith(f"{prefix}/") else _parent(prefix)
    return key.removeprefix(base).removeprefix("/")


def _parent(prefix: str) -> str:
    return prefix.rpartition("/")[0]
