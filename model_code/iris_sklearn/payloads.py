"""Requests and answers of the model server.

Requests: `text/csv`, one row of features a line, without header and label, empty where missing;
`application/json`, `{"instances": [[5.1, 3.5, null, 0.2], {"sepal_length": 5.1, ...}]}`.
Answers: `application/json`, `{"predictions": [{"label", "confidence", "probabilities"}]}`;
`text/csv`, one line a row, `[0.9, 0.1]` by class index, as AWS's built-in XGBoost answers.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np

from iris_sklearn.channels import Array, Names, numbers

CSV, JSON = "text/csv", "application/json"
_SHOWN = 200


class PayloadError(Exception):
    """A request that cannot be answered, with its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def decode(body: bytes, content_type: str, names: Names) -> Array:
    """Rows (n, features), NaN where missing. Raises PayloadError."""
    kind = content_type.split(";")[0].strip().lower()
    try:
        if kind == CSV:
            rows = _csv_rows(body.decode("utf-8-sig"), names)
        elif kind == JSON:
            rows = _json_rows(json.loads(body), names)
        else:
            raise PayloadError(415, f"{content_type!r} is not read; send {CSV} or {JSON}")
    except (ValueError, csv.Error) as error:
        raise PayloadError(400, f"the request is not {kind} as expected: {error}") from error
    if not rows:
        raise PayloadError(400, "the request holds no row")
    return np.array(rows, dtype=np.float64)


def accepted(accept: str) -> str:
    """The answer's content type. Raises PayloadError."""
    for choice in accept.split(","):
        kind = choice.split(";")[0].strip().lower()
        if kind in ("", "*/*", "application/*", JSON):
            return JSON
        if kind in (CSV, "text/*"):
            return CSV
    raise PayloadError(406, f"{accept!r} is not written; accept {JSON} or {CSV}")


def encode(probabilities: Array, kind: str, names: Names) -> bytes:
    """The answer for (n, classes)."""
    rows = probabilities.tolist()
    if kind == CSV:
        return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    predictions = []
    for row in rows:
        best = max(range(len(row)), key=row.__getitem__)
        predictions.append(
            {
                "label": names.classes[best],
                "confidence": row[best],
                "probabilities": dict(zip(names.classes, row, strict=True)),
            }
        )
    return json.dumps({"predictions": predictions}, ensure_ascii=False).encode()


def _csv_rows(text: str, names: Names) -> list[list[float]]:
    rows = []
    for number, fields in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
        if not fields:
            continue
        _check_width(f"line {number}", fields, names)
        try:
            rows.append(numbers(fields))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return rows


def _json_rows(document: Any, names: Names) -> list[list[float]]:
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list):
        raise ValueError('expected {"instances": [...]}')
    return [_json_row(f"instances[{at}]", item, names) for at, item in enumerate(instances)]


def _json_row(where: str, item: Any, names: Names) -> list[float]:
    if isinstance(item, dict):
        unknown = [name for name in item if name not in names.features]
        if unknown:
            raise ValueError(
                f"{where}: {unknown[0]!r} is no feature; features are {', '.join(names.features)}"
            )
        item = [item.get(name) for name in names.features]
    if not isinstance(item, list):
        raise ValueError(f"{where}: expected a list of numbers, or an object by feature")
    _check_width(where, item, names)
    for value in item:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and math.isfinite(value)):
            raise ValueError(f"{where}: {value!r} is not a finite number, nor null")
    return [math.nan if value is None else float(value) for value in item]


def _check_width(where: str, row: list[Any], names: Names) -> None:
    if len(row) != len(names.features):
        shown = str(row)[:_SHOWN]
        raise ValueError(
            f"{where}: expected {len(names.features)} features "
            f"({', '.join(names.features)}), got {len(row)}: {shown}"
        )
