"""Writes a checked table: its splits, some held-out samples, and what it holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from contracts.samples import CSV, INDEX, Sample, Samples
from contracts.table_schema import TableSchema
from shared.tables import baseline
from shared.tables.row_index import RowIndex, Stored
from shared.tables.screening import Screening
from shared.tables.splitting import SPLITS, TEST, Splitter

SCHEMA_VERSION = 1
PART_BYTES = 64 * 1024 * 1024
SAMPLE_FILES = "files"


class Parts:
    """`part-*.csv` in a folder: a new one where one is full."""

    def __init__(self, folder: Path, *, part_bytes: int = PART_BYTES) -> None:
        self.files: list[Path] = []
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
            self.files.append(self._folder / f"part-{len(self.files):05d}.csv")
            self._open = self.files[-1].open("wb")
            self._written = 0
        self._open.write(content)
        self._written += len(content)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def write_dataset(
    output: Path,
    screening: Screening,
    schema: TableSchema,
    splitter: Splitter,
    *,
    workload: str,
    keys: Sequence[str],
    repeated: int,
    samples: int,
) -> str:
    """Write all but the quarantine; answer a summary for people."""
    counts, held_out, train = _write_splits(output, screening.index, splitter, schema, samples)
    _write_text(output / "schema" / "schema.json", schema.to_json())
    _write_samples(output / "samples", held_out, keys, samples)
    document = _dataset_document(
        workload, schema, counts, screening, repeated=repeated, files=len(keys)
    )
    _write_json(output / "report" / "dataset.json", document)
    described = baseline.describe(train, schema.feature_names, schema.classes)
    _write_json(output / "report" / baseline.FILE, described)
    totals = ", ".join(f"{counts[split].total()} {split}" for split in SPLITS)
    return (
        f"{document['different_rows']} different rows of {len(schema.classes)} classes: {totals}; "
        f"{repeated} were there twice, {screening.bad_rows.count} rows and "
        f"{len(screening.quarantine)} files in quarantine"
    )


def _write_splits(
    output: Path, index: RowIndex, splitter: Splitter, schema: TableSchema, samples: int
) -> tuple[dict[str, Counter[str]], dict[str, list[Stored]], list[Path]]:
    """Write every row to its split.

    Returns:
        Rows of each split by class; the first `samples` test rows of each class; the training
        split's files.
    """
    numbers = {name: number for number, name in enumerate(schema.classes)}
    counts: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    held_out: dict[str, list[Stored]] = {name: [] for name in schema.classes}
    with (
        Parts(output / "train") as train,
        Parts(output / "validation") as validation,
        Parts(output / TEST) as test,
    ):
        parts = dict(zip(SPLITS, (train, validation, test), strict=True))
        for row in index.rows():
            split = splitter.split_of(row.mark)
            parts[split].write(f"{numbers[row.label]},{row.features}")
            counts[split][row.label] += 1
            if split == TEST and len(held_out[row.label]) < samples:
                held_out[row.label].append(row)
    return counts, held_out, train.files


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


def _dataset_document(
    workload: str,
    schema: TableSchema,
    counts: Mapping[str, Counter[str]],
    screening: Screening,
    *,
    repeated: int,
    files: int,
) -> dict[str, Any]:
    """What `report/dataset.json` says."""
    totals = {label: sum(counts[split][label] for split in SPLITS) for label in schema.classes}
    rows = sum(totals.values())
    least = min(totals.values())
    return {
        "schema_version": SCHEMA_VERSION,
        "workload": workload,
        "kind": "table",
        "classes": list(schema.classes),
        "features": list(schema.feature_names),
        "rows": {
            split: {label: counts[split][label] for label in schema.classes} for split in SPLITS
        },
        "different_rows": rows,
        "read_rows": screening.read,
        "rejected": screening.bad_rows.count,
        "rejected_files": len(screening.quarantine),
        "files": files,
        "faults": dict(screening.bad_rows.reasons.most_common()),
        "duplicates": repeated,
        "contradictions": {
            "rows": screening.contradicting,
            "examples": list(screening.contradictions),
        },
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
