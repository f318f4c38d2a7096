"""The archive of what a job's hosts left in a folder."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path


def write_archive(archive: Path, folders: Iterable[Path]) -> None:
    """A tar.gz of the content of all the folders; where two have a file of one name, the first
    one's is taken."""
    seen: set[str] = set()
    with tarfile.open(archive, "w:gz", compresslevel=3) as tar:
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder).as_posix()
                if name not in seen:
                    seen.add(name)
                    tar.add(path, arcname=name, recursive=False)
