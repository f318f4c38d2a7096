"""Writes a checked table: its splits, some held-out samples, and what it holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from contracts.samples import CSV, INDEX, Sample, Samples
from contracts.table_schema import TableSchema
from shared.hosts import Hosts
from shared.tables import baseline
from shared.tables.contradictions import Contradictions
from shared.tables.found import Found
from shared.tables.row_index import RowIndex, Stored
from shared.tables.splitting import SPLITS, TEST, TRAIN, Splitter

SCHEMA_VERSION = 1
PART_BYTES = 64 * 1024 * 1024
SAMPLE_FILES = "files"


class Parts:
    """`part-*.csv` in a folder: a new one where one is full."""

    def __init__(self, folder: Path, *, part_bytes: int = PART_BYTES, host: str = "") -> None:
        """`host` keeps the names of several hosts' parts apart."""
        self.files: list[Path] = []
        self._name = f"part-{host}-" if host else "part-"
        self._folder = folder
        self._most = part_bytes
        self._written = 0
        self._open: IO[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Parts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def write(self, line: str) -> None:
        content = line.encode("ascii") + b"\n"
        if self._open is None or self._written + len(content) > self._most:
            self._close()
            self.files.append(self._folder / f"{self._name}{len(self.files):05d}.csv")
            self._open = self.files[-1].open("wb")
            self._written = 0
        self._open.write(content)
        self._written += len(content)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A checked table that is to be written.

    Attributes:
        schema: with its classes.
        keys: of all files, by their numbers in the index.
        found: what is not in the index.
        repeated: rows that were there before.
    """

    workload: str
    schema: TableSchema
    index: RowIndex
    splitter: Splitter
    keys: Sequence[str]
    found: Found
    contradictions: Contradictions
    repeated: int

    def line(self, row: Stored) -> str:
        """A row as the splits hold it."""
        return f"{self.schema.classes.index(row.label)},{row.features}"

    def rows_of(self, split: str) -> Iterator[Stored]:
        """All rows of a split, of all hosts."""
        return (row for row in self.index.rows() if self.splitter.split_of(row.mark) == split)


def write_splits(output: Path, dataset: Dataset, hosts: Hosts) -> int:
    """Write the rows of this host's files to their splits; answer how many."""
    owned = [hosts.owns(key) for key in dataset.keys]
    host = hosts.in_file_names
    written = 0
    with (
        Parts(output / "train", host=host) as train,
        Parts(output / "validation", host=host) as validation,
        Parts(output / TEST, host=host) as test,
    ):
        parts = dict(zip(SPLITS, (train, validation, test), strict=True))
        for row in dataset.index.rows():
            if owned[row.file]:
                parts[dataset.splitter.split_of(row.mark)].write(dataset.line(row))
                written += 1
    return written


def write_facts(output: Path, dataset: Dataset, *, samples: int, hosts: int) -> str:
    """Write what one host alone must write: schema, samples, report. A summary for people."""
    schema = dataset.schema
    counts: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    held_out: dict[str, list[Stored]] = {name: [] for name in schema.classes}
    for row in dataset.index.rows():
        split = dataset.splitter.split_of(row.mark)
        counts[split][row.label] += 1
        if split == TEST and len(held_out[row.label]) < samples:
            held_out[row.label].append(row)
    _write_text(output / "schema" / "schema.json", schema.to_json())
    _write_samples(output / "samples", held_out, dataset.keys, samples)
    document = {**_dataset_document(dataset, counts), "hosts": hosts}
    _write_json(output / "report" / "dataset.json", document)
    described = baseline.describe(
        lambda: map(dataset.line, dataset.rows_of(TRAIN)), schema.feature_names, schema.classes
    )
    _write_json(output / "report" / baseline.FILE, described)
    totals = ", ".join(f"{counts[split].total()} {split}" for split in SPLITS)
    return (
        f"{document['different_rows']} different rows of {len(schema.classes)} classes: {totals}; "
        f"{dataset.repeated} were there before, {dataset.found.bad_rows} rows and "
        f"{len(dataset.found.bad_files)} files in quarantine"
    )


def _write_samples(
    output: Path,
    held_out: Mapping[str, Sequence[Stored]],
    keys: Sequence[str],
    samples: int,
) -> None:
    """In turn one row of each class, so that a few samples show many classes."""
    turns = max(map(len, held_out.values()), default=0)
    chosen = [rows[turn] for turn in range(turns) for rows in held_out.values() if turn < len(rows)]
    folder = output / SAMPLE_FILES
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, row in enumerate(chosen[:samples]):
        file = f"{SAMPLE_FILES}/{number:02d}.csv"
        (output / file).write_text(f"{row.features}\n", encoding="ascii")
        listed.append(Sample(file=file, label=row.label, key=f"{keys[row.file]}:{row.line}"))
    index = Samples(content_type=CSV, classes=tuple(held_out), samples=tuple(listed))
    _write_text(output / INDEX, index.to_json())


def _dataset_document(dataset: Dataset, counts: Mapping[str, Counter[str]]) -> dict[str, Any]:
    classes = dataset.schema.classes
    totals = {label: sum(counts[split][label] for split in SPLITS) for label in classes}
    rows = sum(totals.values())
    least = min(totals.values())
    return {
        "schema_version": SCHEMA_VERSION,
        "workload": dataset.workload,
        "kind": "table",
        "classes": list(classes),
        "features": list(dataset.schema.feature_names),
        "rows": {split: {label: counts[split][label] for label in classes} for split in SPLITS},
        "different_rows": rows,
        "read_rows": dataset.found.read,
        "rejected": dataset.found.bad_rows,
        "rejected_files": len(dataset.found.bad_files),
        "files": len(dataset.keys),
        "faults": dataset.found.reasons,
        "duplicates": dataset.repeated,
        "contradictions": asdict(dataset.contradictions),
        "balance": {
            "shares": {label: total / rows for label, total in totals.items()},
            "largest_to_smallest": max(totals.values()) / least if least else None,
        },
    }


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    _write_text(path, f"{text}\n")


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
