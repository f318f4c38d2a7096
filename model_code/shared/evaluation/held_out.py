"""The held-out rows of a dataset, batch by batch: no more than one batch is in memory."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contracts.table_schema import TableSchema, TableSchemaError
from shared import class_names
from shared.faults import SHOWN, RefusedError
from shared.images import shards

Array = np.ndarray[Any, Any]

SCHEMA = "schema.json"
_PICTURES = 256
_ROWS = 8192


class Batch(NamedTuple):
    """Rows: labels int64 [n], what a predictor takes of them, and where each came from."""

    labels: Array
    inputs: Any
    keys: list[str]


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A split.

    Attributes:
        classes: names by label.
        folder: of the files.
        read: yields all batches, anew at each call. Raises RefusedError for damaged data.
        features: how many a row of a table has, 0 for pictures.
    """

    classes: tuple[str, ...]
    folder: Path
    read: Callable[[], Iterator[Batch]]
    features: int = 0


def images(folder: Path) -> HeldOut:
    """The pictures in a folder as prepare writes them: shards and classes.json.

    Raises:
        RefusedError: there are no class names.
    """
    classes = class_names.read(folder)
    return HeldOut(
        classes=classes, folder=folder, read=lambda: _picture_batches(folder, len(classes))
    )


def tables(folder: Path, schema_folder: Path) -> HeldOut:
    """The rows of a folder's ``part-*.csv``: no header, class index first, then the features.

    Raises:
        RefusedError: schema.json is missing or damaged, or lacks the classes.
    """
    schema = _schema(schema_folder / SCHEMA)
    features = len(schema.features)
    return HeldOut(
        classes=schema.classes,
        folder=folder,
        read=lambda: _row_batches(folder, features, len(schema.classes)),
        features=features,
    )


def _picture_batches(folder: Path, classes: int) -> Iterator[Batch]:
    records = shards.read_shards(folder)
    while batch := list(itertools.islice(records, _PICTURES)):
        labels = np.array([record.label for record in batch], np.int64)
        keys = [record.key for record in batch]
        if labels.min() < 0 or labels.max() >= classes:
            wrong = int(np.flatnonzero((labels < 0) | (labels >= classes))[0])
            fault = f"{keys[wrong]}: label {labels[wrong]}, expected 0 to {classes - 1}"
            raise RefusedError("data is damaged:", [fault])
        yield Batch(labels, [record.encoded for record in batch], keys)


def _schema(path: Path) -> TableSchema:
    wanted = "expected what shared.tables.prepare writes, the classes with it"
    try:
        schema = TableSchema.parse(path.read_bytes())
    except FileNotFoundError as error:
        raise RefusedError("data is missing:", [f"{path}: is missing; {wanted}"]) from error
    except TableSchemaError as error:
        raise RefusedError(
            "data is damaged:", [f"{path}: {fault}" for fault in error.faults]
        ) from (error)
    if len(schema.classes) < 2:
        raise RefusedError("data is damaged:", [f"{path}: names no classes; {wanted}"])
    return schema


def _row_batches(folder: Path, features: int, classes: int) -> Iterator[Batch]:
    files = sorted(folder.glob("part-*.csv"))
    if not files:
        fault = f"{folder}: no file part-*.csv; expected what shared.tables.prepare writes"
        raise RefusedError("data is missing:", [fault])
    rows = itertools.chain.from_iterable(_rows(file, features, classes) for file in files)
    for batch in _batched(rows, _ROWS):
        labels, inputs, keys = zip(*batch, strict=True)
        yield Batch(np.array(labels, np.int64), np.array(inputs, np.float64), list(keys))


def _rows(file: Path, features: int, classes: int) -> Iterator[tuple[int, Sequence[float], str]]:
    faults: list[str] = []
    with file.open(encoding="utf-8", newline="") as lines:
        for number, fields in enumerate(csv.reader(lines), start=1):
            key = f"{file.name}:{number}"
            try:
                yield (*_row(fields, features, classes), key)
            except ValueError as error:
                faults.append(f"{key}: {error}")
            if len(faults) == SHOWN:
                break
    if faults:
        raise RefusedError("data is damaged:", faults)


def _row(fields: Sequence[str], features: int, classes: int) -> tuple[int, Sequence[float]]:
    if len(fields) != features + 1:
        raise ValueError(f"{len(fields)} fields, expected a label and {features} features")
    label = int(fields[0])
    if not 0 <= label < classes:
        raise ValueError(f"label {label}, expected 0 to {classes - 1}")
    return label, [float(field) if field else math.nan for field in fields[1:]]


def _batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
