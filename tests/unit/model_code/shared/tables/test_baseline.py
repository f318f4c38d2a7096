"""Statistics of the training split: against numpy's own, and in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from shared.tables import baseline

CLASSES = ("a", "b")


def lines_of(table: Any) -> Callable[[], Iterable[str]]:
    """A table as lines, NaN as an empty field."""
    lines = [
        ",".join("" if math.isnan(value) else repr(float(value)) for value in row) for row in table
    ]
    return lambda: iter(lines)


@pytest.fixture
def table() -> Any:
    """Labels, a feature of many values far from zero, one of three values, and one missing."""
    random = np.random.default_rng(1)
    wide = random.normal(1e6, 2.0, 200)
    wide[::9] = np.nan
    few = random.integers(0, 3, 200).astype(float)
    return np.column_stack([random.integers(0, 2, 200), wide, few, np.full(200, np.nan)])


@pytest.mark.parametrize("block", [16, 10**6])
def test_the_figures_are_numpys_whatever_the_size_of_the_blocks(
    block: int, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "_BLOCK_CELLS", block)

    found = baseline.describe(lines_of(table), ["wide", "few", "none"], CLASSES)

    wide = found["features"]["wide"]
    known = table[:, 1][~np.isnan(table[:, 1])]
    assert (wide["count"], wide["missing"]) == (len(known), 200 - len(known))
    assert wide["mean"] == pytest.approx(known.mean(), rel=1e-12)
    assert wide["std"] == pytest.approx(known.std(ddof=1), rel=1e-9)
    assert (wide["min"], wide["max"]) == (known.min(), known.max())
    for part, value in wide["quantiles"].items():
        assert value == pytest.approx(np.quantile(known, int(part) / 100))
    assert sum(wide["histogram"]["counts"]) == len(known)
    assert max(wide["histogram"]["counts"]) - min(wide["histogram"]["counts"]) <= 2
    assert found["rows"] == found["quantiles_of_rows"] == 200
    assert found["labels"]["b"] == table[:, 0].mean()


def test_few_values_have_a_bin_each_and_none_no_bin(table: Any) -> None:
    found = baseline.describe(lines_of(table), ["wide", "few", "none"], CLASSES)

    few = found["features"]["few"]["histogram"]
    assert few["edges"] == [0.0, 0.5, 1.5, 2.0]
    assert few["counts"] == [int((table[:, 2] == value).sum()) for value in range(3)]
    none = found["features"]["none"]
    assert none["histogram"] == {"edges": [], "counts": []}
    assert (none["count"], none["missing"], none["mean"], none["quantiles"]["50"]) == (
        0,
        200,
        None,
        None,
    )


def test_one_value_alone_has_one_bin_around_it() -> None:
    found = baseline.describe(lines_of(np.array([[0.0, 7.0]] * 90)), ["one"], CLASSES)

    assert found["features"]["one"]["histogram"] == {"edges": [6.5, 7.5], "counts": [90]}
    assert found["features"]["one"]["std"] == 0


def test_of_very_many_rows_the_quantiles_are_of_a_sample_and_all_else_of_all(
    table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "_BLOCK_CELLS", 40)
    monkeypatch.setattr(baseline, "CELLS", 400)

    found = baseline.describe(lines_of(table), ["wide", "few", "none"], CLASSES)

    assert (found["rows"], found["quantiles_of_rows"]) == (200, 100)
    known = table[:, 1][~np.isnan(table[:, 1])]
    wide = found["features"]["wide"]
    assert (wide["quantiles"]["0"], wide["quantiles"]["100"]) == (known.min(), known.max())
    assert sum(wide["histogram"]["counts"]) == len(known)
