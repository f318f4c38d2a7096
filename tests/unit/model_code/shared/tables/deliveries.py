"""Deliveries of tables made up for tests, an S3 that has them, and the prepare step run on them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from contracts.manifest import Manifest, ManifestObject
from shared.hosts import Hosts
from shared.tables.options import read_arguments
from shared.tables.prepare import prepare

PREFIX = "uploads/flowers/"
BUCKET = "data"
LABELS = ("daisy", "rose")


def schema(**changes: Any) -> dict[str, Any]:
    """Label first, then a number and a whole number that may be missing; no header."""
    return {
        "schema_version": 1,
        "label": "kind",
        "columns": [
            {"name": "kind", "type": "category"},
            {"name": "length", "type": "number", "min": 0, "max": 1000},
            {"name": "leaves", "type": "integer", "missing": True},
        ],
        **changes,
    }


def rows(count: int, *, start: int = 0) -> list[list[Any]]:
    """Different good rows, both labels in turn."""
    return [
        [LABELS[number % 2], 1 + number / 8, number if number % 10 else ""]
        for number in range(start, start + count)
    ]


def text(lines: list[list[Any]], delimiter: str = ",") -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(lines)
    return written.getvalue().encode()


@dataclass
class Delivery:
    """Files by their name below the prefix."""

    files: dict[str, bytes]
    schema: dict[str, Any] = field(default_factory=schema)

    def get_object(self, *, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:  # noqa: N803
        content = self.files.get(Key.removeprefix(PREFIX))
        if Bucket != BUCKET or content is None or VersionId != "v1":
            told = {"Error": {"Code": "NoSuchVersion", "Message": "it does not exist"}}
            raise ClientError(told, "GetObject")
        return {"Body": io.BytesIO(content)}

    @property
    def manifest(self) -> Manifest:
        objects = tuple(
            ManifestObject(key=PREFIX + name, version_id="v1", size=len(content), etag="e")
            for name, content in sorted(self.files.items())
        )
        return Manifest(workload="flowers", bucket=BUCKET, prefix=PREFIX, objects=objects)

    def prepare(
        self, folder: Path, *arguments: str, s3: Any = None, hosts: Hosts | None = None
    ) -> Prepared:
        """Run the prepare step; raises RefusedError as it does."""
        (folder / "manifest").mkdir(parents=True)
        (folder / "manifest" / "manifest.json").write_bytes(self.manifest.to_bytes())
        (folder / "schema.json").write_text(json.dumps(self.schema))
        options = [
            *("--manifest-dir", str(folder / "manifest"), "--output-dir", str(folder / "output")),
            *("--schema-file", str(folder / "schema.json"), "--min-rows-per-class", "3"),
        ]
        prepare(read_arguments([*options, *arguments]), s3 or self, hosts)
        return Prepared(folder / "output")


@dataclass(frozen=True)
class Prepared:
    """What the prepare step wrote."""

    folder: Path

    def json(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def split(self, name: str) -> list[str]:
        """Lines of a split."""
        files = sorted((self.folder / name).iterdir())
        assert all(file.name.startswith("part-") and file.suffix == ".csv" for file in files)
        return [line for file in files for line in file.read_text().splitlines()]

    @property
    def lines(self) -> list[str]:
        """Lines of all splits, sorted."""
        return sorted(line for name in ("train", "validation", "test") for line in self.split(name))

    @property
    def bad_rows(self) -> list[dict[str, str]]:
        path = self.folder / "quarantine" / "bad-rows.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def bad_files(self) -> dict[str, str]:
        """Reason of each file in quarantine, by its name below the prefix."""
        entries = self.json("quarantine/quarantine.json")["files"]
        return {entry["key"].removeprefix(PREFIX): entry["reason"] for entry in entries}
