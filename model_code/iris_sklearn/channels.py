"""Reads the channels of a training job, as shared/tables/prepare.py writes them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iris_sklearn.faults import RefusedError

SCHEMA = "schema.json"
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names of classes, by class index, and of features, in their order."""

    classes: tuple[str, ...]
    features: tuple[str, ...]


def read_names(folder: Path) -> Names:
    """Those of the channel's schema.json. Raises RefusedError."""
    path = folder / SCHEMA
    wanted = "expected the schema.json that the prepare step writes"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        classes, features = (tuple(document[name]) for name in ("classes", "features"))
    except FileNotFoundError as error:
        raise RefusedError("data is missing:", [f"{path}: is missing; {wanted}"]) from error
    except (ValueError, KeyError, TypeError) as error:
        fault = f"{path}: {error!r}; {wanted}, with classes and features"
        raise RefusedError("data is damaged:", [fault]) from error
    if len(classes) < 2 or not features:
        raise RefusedError("data is damaged:", [f"{path}: too few classes or features"])
    return Names(classes=classes, features=features)


def read_table(folder: Path, names: Names) -> tuple[Array, Array]:
    """Features (n, features), NaN where missing, and class indices (n,) of all `*.csv`.

    Raises:
        RefusedError: no rows, or rows that are not of this form.
    """
    files = sorted(folder.glob("*.csv"))
    rows: list[list[float]] = []
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    rows.append(_row(line.rstrip("\r\n"), names))
                except ValueError as error:
                    fault = f"{file} line {number}: {error}"
                    raise RefusedError("data is damaged:", [fault]) from error
    if not rows:
        fault = f"{folder}: no row in {len(files)} files *.csv"
        raise RefusedError("data is missing:", [fault])
    table = np.array(rows, dtype=np.float64)
    return table[:, 1:], table[:, 0].astype(np.int64)


def _row(line: str, names: Names) -> list[float]:
    fields = line.split(",")
    if len(fields) != 1 + len(names.features):
        raise ValueError(f"expected class index and {len(names.features)} features, got {line!r}")
    if not (fields[0].isascii() and fields[0].isdigit() and int(fields[0]) < len(names.classes)):
        raise ValueError(f"class index {fields[0]!r}, expected 0 to {len(names.classes) - 1}")
    return [float(fields[0]), *numbers(fields[1:])]


def numbers(fields: Sequence[str]) -> list[float]:
    """Finite numbers, NaN for empty fields. Raises ValueError."""
    found = []
    for field in fields:
        value = float(field) if field.strip() else math.nan
        if field.strip() and not math.isfinite(value):
            raise ValueError(f"{field!r} is not a finite number")
        found.append(value)
    return found
