"""The made-up customers: what the docstring says of them holds."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.datasets import churn
from demo.datasets.churn import CLASSES, COLUMNS, FEATURES, LABEL

ROWS = 4000
OTHER_SEED = 7


def is_good(row: list[str]) -> bool:
    return (
        len(row) == len(COLUMNS)
        and row[-1] in CLASSES
        and row[0].isdigit()
        and float(row[FEATURES.index("monthly_charge")]) >= 0
    )


def table(delivery: int, seed: int) -> tuple[Any, Any]:
    """Features and labels of the good rows of a delivery."""
    good = [row for row in churn.rows(delivery, ROWS, seed=seed) if is_good(row)]
    features = np.array([[float(field or "nan") for field in row[:-1]] for row in good])
    return features, np.array([row[-1] == "yes" for row in good], dtype=int)


def auc(trained_on: int, tested_on: int) -> float:
    import xgboost
    from sklearn.metrics import roc_auc_score

    parameters = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.2, "nthread": 2}
    model = xgboost.train(parameters, xgboost.DMatrix(*table(trained_on, churn.SEED)), 60)
    features, labels = table(tested_on, OTHER_SEED)
    return float(roc_auc_score(labels, model.predict(xgboost.DMatrix(features))))


@pytest.mark.parametrize(("trained_on", "tested_on"), [(1, 1), (1, 2), (2, 2)])
def test_the_figures_of_the_drift_are_those_of_the_docstring(
    trained_on: int, tested_on: int
) -> None:
    written = f"model of delivery {trained_on} on data of delivery {tested_on}"
    (line,) = [line for line in (churn.__doc__ or "").splitlines() if written in line]

    assert auc(trained_on, tested_on) == pytest.approx(float(line.split()[-1]), abs=0.01)


def test_no_column_alone_shows_the_drift() -> None:
    first, second = (table(delivery, churn.SEED)[0] for delivery in churn.DELIVERIES)

    for index, name in enumerate(FEATURES):
        spread = np.nanstd(first[:, index])
        moved = abs(np.nanmean(first[:, index]) - np.nanmean(second[:, index]))
        assert moved < 0.1 * spread, name


def test_about_a_third_of_the_customers_leave_in_both_deliveries() -> None:
    for delivery in churn.DELIVERIES:
        assert 0.25 < table(delivery, churn.SEED)[1].mean() < 0.4


def test_some_rows_are_bad_some_are_there_twice_and_some_have_an_empty_field() -> None:
    rows = list(churn.rows(1, ROWS))
    bad = [row for row in rows if not is_good(row)]

    assert len(rows) == ROWS
    assert len(bad) == ROWS // churn.BAD_EVERY
    assert len({len(row) for row in bad}) == 2
    assert any("n/a" in row for row in bad)
    assert any("perhaps" in row for row in bad)
    assert any(row[1].startswith("-") for row in bad)
    assert sum(count > 1 for count in Counter(map(tuple, rows)).values()) == 8
    assert sum("" in row for row in rows) >= ROWS // churn.MISSING_EVERY - 1


def test_more_rows_begin_with_the_same_rows() -> None:
    assert list(islice(churn.rows(2, 9000), 500)) == list(churn.rows(2, 500))


def test_the_program_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    contents = []
    for name in ("a/one.csv", "two.csv"):
        command = [sys.executable, "-m", "demo.datasets.churn", "--delivery", "2"]
        finished = subprocess.run(
            [*command, "--rows", "50", "--out", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "50 rows of delivery 2" in finished.stdout
        contents.append((tmp_path / name).read_bytes())

    header, *rows = csv.reader(contents[0].decode().splitlines())
    assert contents[0] == contents[1]
    assert (header[-1], len(rows)) == (LABEL, 50)
