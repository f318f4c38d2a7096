"""What lies under a prefix that people upload to, as a manifest has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.manifest import ManifestObject

MAX_OBJECTS = 2_000_000
"""What `freeze` holds in its memory and lists in its time (docs/operations.md, "Limits")."""

_HIDDEN_NAMES = frozenset({".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini"})
_HIDDEN_FOLDERS = frozenset({"__MACOSX", ".Spotlight-V100", ".Trashes"})


class TooManyObjectsError(Exception):
    """An upload that is larger than one dataset version can be."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Attributes:
    objects: latest versions of existing objects, sorted by key.
    folder_markers: empty objects that consoles make to show a folder; left out.
    hidden_files: what operating systems put beside files; left out.
    newest_ms: when the newest of the objects came, ms since the epoch; 0 without objects.
    """

    objects: tuple[ManifestObject, ...]
    folder_markers: int
    hidden_files: int
    newest_ms: int = 0

    @property
    def skipped(self) -> str:
        """What was left out, for people; empty if nothing was."""
        parts = [
            f"{count} {what}{'' if count == 1 else 's'}"
            for count, what in (
                (self.folder_markers, "folder marker"),
                (self.hidden_files, "hidden file"),
            )
            if count
        ]
        return " and ".join(parts)


def list_latest(s3: Any, *, bucket: str, prefix: str, max_objects: int = MAX_OBJECTS) -> Listing:
    """List page by page. A deleted object, whose latest version is a delete marker, is absent.

    Raises:
        TooManyObjectsError: there are more than `max_objects`.
        ClientError: S3 refuses.
    """
    objects = []
    folder_markers = hidden_files = newest_ms = 0
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for version in page.get("Versions", []):
            if not version["IsLatest"]:
                continue
            if is_folder_marker(version["Key"], version["Size"]):
                folder_markers += 1
            elif is_hidden(version["Key"].removeprefix(prefix)):
                hidden_files += 1
            else:
                newest_ms = max(newest_ms, int(version["LastModified"].timestamp() * 1000))
                objects.append(
                    ManifestObject(
                        key=version["Key"],
                        version_id=version["VersionId"],
                        size=version["Size"],
                        etag=version["ETag"].strip('"'),
                    )
                )
        if len(objects) > max_objects:
            raise TooManyObjectsError(
                f"s3://{bucket}/{prefix} holds more than {max_objects} files, the most that one "
                "dataset version can have: pack the pictures into fewer, or delete some, then "
                "upload one file to start again"
            )
    objects.sort(key=lambda item: item.key)
    return Listing(
        objects=tuple(objects),
        folder_markers=folder_markers,
        hidden_files=hidden_files,
        newest_ms=newest_ms,
    )


def is_folder_marker(key: str, size: int) -> bool:
    """Whether an object only shows a folder."""
    return size == 0 and key.endswith("/")


def is_hidden(path: str) -> bool:
    """Whether an operating system made the file, not the user. `path` is below the prefix."""
    *folders, name = path.split("/")
    return (
        name in _HIDDEN_NAMES
        # What macOS writes for each file on a file system that is not its own.
        or name.startswith("._")
        or not _HIDDEN_FOLDERS.isdisjoint(folders)
    )
