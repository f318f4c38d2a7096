"""Statistics of the training split, against which monitoring compares what is asked later.

    {"schema_version": 1, "kind": "table", "rows": 104,
     "features": {"petal_length": {
         "count": 104, "missing": 0, "mean": 3.7, "std": 1.7, "min": 1.0, "max": 6.9,
         "quantiles": {"0": 1.0, "5": 1.3, "25": 1.6, "50": 4.3, "75": 5.1, "95": 6.1, "100": 6.9},
         "histogram": {"edges": [1.0, 1.4, ...], "counts": [10, ...]}}},
     "labels": {"setosa": 0.33, ...}, "quantiles_of_rows": 104}

Count, mean, standard deviation (of the sample, n - 1), extremes and histogram are of all rows.
Quantiles are too where the split has no more than about `CELLS` fields; else of its first rows,
which are a fair sample since rows come in the order of their hashes.

A histogram has one bin a value where there are few values, else bins of equal counts. Bin i
holds edges[i] <= value < edges[i + 1]; the last one its upper edge as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

SCHEMA_VERSION = 1
FILE = "baseline.json"
CELLS = 500_000
"""Fields kept in memory for quantiles: 4 MB."""
_BLOCK_CELLS = 200_000
_QUANTILES = (0, 5, 25, 50, 75, 95, 100)
_BINS = 10

Array = np.ndarray[Any, np.dtype[np.float64]]


def blocks(lines: Iterable[str], columns: int) -> Iterator[Array]:
    """Lines of numbers as (rows, columns), some at a time, NaN for empty fields."""
    rows: list[list[float]] = []
    most = max(1, _BLOCK_CELLS // columns)
    for line in lines:
        rows.append([float(text) if text else math.nan for text in line.split(",")])
        if len(rows) >= most:
            yield np.array(rows)
            rows = []
    if rows:
        yield np.array(rows)


def describe(
    lines: Callable[[], Iterable[str]], features: Sequence[str], classes: Sequence[str]
) -> dict[str, Any]:
    """The baseline of a training split.

    Args:
        lines: gives all of it anew at each call, without line ends, the class index first.
    """
    columns = len(features) + 1
    kept: list[Array] = []
    total = 0
    count = np.zeros(len(features), dtype=np.int64)
    mean, squares = np.zeros(len(features)), np.zeros(len(features))
    low, high = np.full(len(features), np.inf), np.full(len(features), -np.inf)
    labels = np.zeros(len(classes), dtype=np.int64)
    for block in blocks(lines(), columns):
        labels += np.bincount(block[:, 0].astype(np.int64), minlength=len(classes))
        values = block[:, 1:]
        count, mean, squares = _merged((count, mean, squares), _moments(values))
        low, high = np.fmin(low, np.fmin.reduce(values)), np.fmax(high, np.fmax.reduce(values))
        if total * columns < CELLS:
            kept.append(values)
        total += len(block)
    sample = np.concatenate(kept)
    known = [column[~np.isnan(column)] for column in sample.T]
    edges = [_edges(column, low[i], high[i]) for i, column in enumerate(known)]
    counts = [np.zeros(max(len(edge) - 1, 0), dtype=np.int64) for edge in edges]
    for block in blocks(lines(), columns):
        for i, edge in enumerate(edges):
            if edge:
                counts[i] += np.histogram(block[:, i + 1], bins=edge)[0]
    described = {
        name: {
            "count": int(count[i]),
            "missing": int(total - count[i]),
            "mean": float(mean[i]) if count[i] else None,
            "std": math.sqrt(squares[i] / (count[i] - 1)) if count[i] > 1 else None,
            "min": float(low[i]) if count[i] else None,
            "max": float(high[i]) if count[i] else None,
            "quantiles": _quantiles(known[i], low[i], high[i]),
            "histogram": {"edges": edges[i], "counts": counts[i].tolist()},
        }
        for i, name in enumerate(features)
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "table",
        "rows": total,
        "quantiles_of_rows": len(sample),
        "features": described,
        "labels": {name: int(labels[i]) / total for i, name in enumerate(classes)},
    }


Moments = tuple[np.ndarray[Any, np.dtype[np.int64]], Array, Array]


def _moments(values: Array) -> Moments:
    """Count, mean and sum of squared deviations of each column, without what is missing."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    mean = np.where(there, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0)
    return count, mean, squares


def _merged(one: Moments, two: Moments) -> Moments:
    """Chan, Golub, LeVeque 1979: moments of both parts, without loss where means are large."""
    count = one[0] + two[0]
    apart = two[1] - one[1]
    share = two[0] / np.maximum(count, 1)
    mean = one[1] + apart * share
    squares = one[2] + two[2] + apart**2 * one[0] * share
    return count, mean, squares


def _edges(known: Array, low: float, high: float) -> list[float]:
    """Edges of the bins; none for a feature that is always missing."""
    if not len(known):
        return []
    values = np.unique(known)
    if len(values) <= _BINS:
        inner = (values[:-1] + values[1:]) / 2
    else:
        inner = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]))
    inside = inner[(inner > low) & (inner < high)]
    # One value alone needs a bin around it.
    ends = (low, high) if low < high else (low - 0.5, high + 0.5)
    return [float(ends[0]), *map(float, inside), float(ends[1])]


def _quantiles(known: Array, low: float, high: float) -> dict[str, float | None]:
    if not len(known):
        return {str(part): None for part in _QUANTILES}
    found = np.quantile(known, [part / 100 for part in _QUANTILES])
    found[0], found[-1] = low, high
    return {str(part): float(value) for part, value in zip(_QUANTILES, found, strict=True)}
