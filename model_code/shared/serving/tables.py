"""Rows of a table in a request, and the answer for them; for an endpoint's `inference.py`.

    request    text/csv           one row of features a line, empty where missing
               application/json   {"instances": [[5.1, 3.5, null], ...]}
    answer     text/csv           [0.9, 0.1] a line, by class index
               application/json   {"predictions": [{"label", "confidence", "probabilities"}]}

Standard library only, as all of `shared.serving`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

CSV, JSON = "text/csv", "application/json"
_SHOWN = 200


class BadRequestError(ValueError):
    """A request that this model cannot answer; the text says what is allowed."""


def rows_of(body: bytes, content_type: str, features: Sequence[str]) -> list[list[float]]:
    """The rows, NaN where a field is missing.

    Raises:
        BadRequestError: the content type or a row is not as above.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == CSV:
            lines = body.decode("utf-8-sig").splitlines()
            found: list[list[Any]] = [line.split(",") for line in lines if line.strip()]
        elif kind == JSON:
            found = json.loads(body)["instances"]
        else:
            raise BadRequestError(f"{content_type!r} is not read; send {CSV} or {JSON}")
        rows = [_row(number, fields, features) for number, fields in enumerate(found, start=1)]
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, BadRequestError):
            raise
        raise BadRequestError(f"the request is not {kind} as expected: {error!r}") from error
    if not rows:
        raise BadRequestError("the request holds no row")
    return rows


def answer(
    probabilities: Sequence[Sequence[float]], accept: str, classes: Sequence[str]
) -> tuple[str, str]:
    """Body and content type, for probabilities [n, classes].

    Raises:
        BadRequestError: neither CSV nor JSON is accepted.
    """
    for choice in (accept or "*/*").split(","):
        kind = choice.partition(";")[0].strip().lower()
        if kind in (CSV, "text/*"):
            return "".join(f"{json.dumps(list(row))}\n" for row in probabilities), CSV
        if kind in (JSON, "application/*", "*/*"):
            found = [_prediction(row, classes) for row in probabilities]
            return json.dumps({"predictions": found}, ensure_ascii=False), JSON
    raise BadRequestError(f"{accept!r} is not written; accept {JSON} or {CSV}")


def _row(number: int, fields: Any, features: Sequence[str]) -> list[float]:
    if not isinstance(fields, list) or len(fields) != len(features):
        wanted = f"{len(features)} features ({', '.join(features)})"
        raise BadRequestError(f"row {number}: expected {wanted}, got {str(fields)[:_SHOWN]}")
    row = [math.nan if field is None or field == "" else float(field) for field in fields]
    for field, value in zip(fields, row, strict=True):
        if math.isinf(value) or (math.isnan(value) and field not in (None, "")):
            raise BadRequestError(f"row {number}: {field!r} is not a finite number, nor missing")
    return row


def _prediction(row: Sequence[float], classes: Sequence[str]) -> dict[str, Any]:
    by_class = dict(zip(classes, row, strict=True))
    label = max(by_class, key=lambda name: by_class[name])
    return {"label": label, "confidence": by_class[label], "probabilities": by_class}
