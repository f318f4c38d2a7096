"""What of a manifest's objects is no file of a user's."""

from __future__ import annotations

from contracts.manifest import ManifestObject


def is_folder_marker(item: ManifestObject) -> bool:
    """The empty object with which the S3 console shows an empty folder."""
    return item.key.endswith("/") and item.size == 0
