"""Runs prepare.py with an S3 that a folder stands for: see `Upload.write`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

from shared.images.options import read_arguments
from shared.images.prepare import prepare


class FolderS3:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = json.loads((folder / "index.json").read_text())

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803
        path = self._folder / "objects" / str(self._index[Key])
        return {"Body": io.BytesIO(path.read_bytes())}


if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    prepare(read_arguments(sys.argv[1:]), FolderS3(folder))
