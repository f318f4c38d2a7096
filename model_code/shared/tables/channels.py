"""Reads the channels of a training job on tables, as `shared.tables.prepare` writes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contracts.table_schema import TableSchema, TableSchemaError
from shared.environment import ML
from shared.faults import RefusedError

SCHEMA = "schema.json"

Array = np.ndarray[Any, Any]


class Rows(NamedTuple):
    """The rows of one channel.

    Attributes:
        features: float64 [n, features], NaN where a field is missing.
        labels: int64 [n], indices into the schema's classes.
    """

    features: Array
    labels: Array


def read_schema(variables: Mapping[str, str] = os.environ) -> TableSchema:
    """What the channel `schema` says of classes and features. Raises RefusedError."""
    path = Path(variables.get("SM_CHANNEL_SCHEMA", f"{ML}/input/data/schema")) / SCHEMA
    try:
        schema = TableSchema.parse(path.read_bytes())
    except FileNotFoundError as error:
        fault = f"{path}: is missing; expected the file that shared.tables.prepare writes"
        raise RefusedError("data is missing:", [fault]) from error
    except TableSchemaError as error:
        raise RefusedError(f"{path} is damaged:", error.faults) from error
    if not schema.classes:
        fault = f"{path}: names no classes; expected the file that shared.tables.prepare writes"
        raise RefusedError("data is damaged:", [fault])
    return schema


def read_rows(folder: Path, schema: TableSchema) -> Rows:
    """All rows of `part-*.csv`: class index first, then the features, empty where missing.

    Raises:
        RefusedError: there are no rows, or they are not those of the schema.
    """
    files = sorted(folder.glob("*.csv"))
    tables = [_read(file, schema) for file in files]
    table = np.concatenate(tables) if tables else np.empty((0, 1))
    if not len(table):
        fault = f"{folder}: no row in {len(files)} files *.csv"
        raise RefusedError("data is missing:", [fault])
    return Rows(table[:, 1:], table[:, 0].astype(np.int64))


def _read(file: Path, schema: TableSchema) -> Array:
    wanted = 1 + len(schema.features)
    text = file.read_text(encoding="utf-8")
    try:
        rows = [[float(field or "nan") for field in line.split(",")] for line in text.splitlines()]
        table = np.array(rows, dtype=np.float64).reshape(len(rows), wanted)
        labels_fit = np.isin(table[:, 0], np.arange(len(schema.classes))).all()
    except ValueError as error:
        fault = f"{file}: {error}; expected a class index and {wanted - 1} features a line"
        raise RefusedError("data is damaged:", [fault]) from error
    if not labels_fit:
        fault = f"{file}: holds a class index that is none of 0 to {len(schema.classes) - 1}"
        raise RefusedError("data is damaged:", [fault])
    return table
