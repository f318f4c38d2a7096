"""Unpacks a model archive: nothing leaves the folder, nothing but files and folders."""

from __future__ import annotations

import tarfile
from pathlib import Path


def extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Unpack into a folder. Raises tarfile.TarError for a member that must not be there."""
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
    else:
        _extract_checked(tar, folder)


def _extract_checked(tar: tarfile.TarFile, folder: Path) -> None:
    """For Python before 3.11.4, which has no extraction filters (PEP 706)."""
    root = folder.resolve()
    for member in tar:
        if not (member.isreg() or member.isdir()):
            raise tarfile.TarError(f"{member.name!r} is neither a file nor a folder")
        if not (root / member.name).resolve().is_relative_to(root):
            raise tarfile.TarError(f"{member.name!r} would be extracted outside the destination")
        # Not the owner, nor bits such as setuid.
        tar.extract(member, root, set_attrs=False)
