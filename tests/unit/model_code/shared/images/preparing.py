"""Runs preparation in this process, into tar files, and reads what it wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.hosts import Hosts
from shared.images.options import read_arguments
from shared.images.prepare import prepare
from shared.images.shards import Record, read_shards
from shared.images.splitting import SPLITS
from tests.unit.model_code.uploads import FakeS3, Upload


class Prepared:
    """What preparation wrote below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def json(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    @property
    def report(self) -> Any:
        return self.json("report/dataset.json")

    @property
    def reasons(self) -> dict[str, str]:
        files = self.json("quarantine/quarantine.json")["files"]
        return {entry["key"].rsplit("/", 1)[-1]: entry["reason"] for entry in files}

    def records(self, split: str) -> list[Record]:
        return list(read_shards(self.folder / split))

    def keys(self) -> dict[str, set[str]]:
        return {name: {record.key for record in self.records(name)} for name in SPLITS}


def run(
    tmp_path: Path, upload: Upload, *arguments: str, s3: Any = None, hosts: Hosts | None = None
) -> Prepared:
    """Prepare an upload on one host."""
    where = tmp_path / (hosts.current if hosts else "job")
    manifest = where / "manifest"
    manifest.mkdir(parents=True)
    (manifest / "manifest.json").write_bytes(upload.manifest.to_bytes())
    given = ["--manifest-dir", str(manifest), "--output-dir", str(where / "out")]
    given += ["--format", "tar", "--image-size", "16", *arguments]
    prepare(read_arguments(given), s3 or FakeS3(upload), hosts)
    return Prepared(where / "out")
