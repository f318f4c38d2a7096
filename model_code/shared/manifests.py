"""The dataset's manifest, as a processing job finds it in one of its folders."""

from __future__ import annotations

from pathlib import Path

from contracts.manifest import Manifest, ManifestError, ManifestObject
from shared.faults import RefusedError


def read_manifest(folder: Path) -> Manifest:
    """The one manifest in a folder.

    Raises:
        RefusedError: none, several, or one that is not valid.
    """
    files = sorted(folder.glob("*.json"))
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise RefusedError(
            "the dataset's manifest is missing:", [f"{folder}: expected one *.json, found {names}"]
        )
    try:
        return Manifest.parse(files[0].read_bytes())
    except ManifestError as error:
        raise RefusedError(f"{files[0]} is not a manifest:", error.faults) from error


def is_folder_marker(item: ManifestObject) -> bool:
    """The empty object with which the S3 console shows an empty folder."""
    return item.key.endswith("/") and item.size == 0
