from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from demo.datasets.iris import FEATURES, FILE, write_iris


def test_iris_is_150_rows_without_header_species_first(tmp_path: Path) -> None:
    assert write_iris(tmp_path) == 150

    with (tmp_path / FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert Counter(row[0] for row in rows) == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert {len(row) for row in rows} == {1 + len(FEATURES)}
    assert rows[0] == ["setosa", "5.1", "3.5", "1.4", "0.2"]


def test_iris_is_the_same_bytes_each_time_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_iris(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    write_iris(tmp_path)

    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
