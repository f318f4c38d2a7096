from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contracts.table_schema import TableSchema
from shared.faults import RefusedError
from shared.tables import channels

SCHEMA = TableSchema.from_document(
    {
        "schema_version": 1,
        "label": "leaves",
        "columns": [
            {"name": "months", "type": "integer"},
            {"name": "leaves", "type": "category", "values": ["no", "yes"]},
            {"name": "charge", "type": "number", "missing": True},
        ],
    }
)


def test_rows_of_all_files_are_read_in_order_and_missing_ones_are_nan(tmp_path: Path) -> None:
    (tmp_path / "part-00001-of-00002.csv").write_text("0,3,4.5\n")
    (tmp_path / "part-00000-of-00002.csv").write_text("1,12,\n0,7,1e3\n")
    rows = channels.read_rows(tmp_path, SCHEMA.with_classes(()))
    np.testing.assert_array_equal(rows.features, [[12.0, np.nan], [7.0, 1000.0], [3.0, 4.5]])
    assert rows.labels.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,2\n", "expected a class index and 2 features a line"),
        ("1,2,x\n", "could not convert string to float: 'x'"),
        ("2,3,4\n", "holds a class index that is none of 0 to 1"),
        ("0.5,3,4\n", "holds a class index that is none of 0 to 1"),
        (",3,4\n", "holds a class index that is none of 0 to 1"),
        ("", "no row in 1 files"),
    ],
)
def test_rows_of_another_form_are_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "part-00000-of-00001.csv").write_text(text)
    with pytest.raises(RefusedError) as caught:
        channels.read_rows(tmp_path, SCHEMA.with_classes(()))
    assert told in str(caught.value)


def test_a_channel_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no row in 0 files"):
        channels.read_rows(tmp_path, SCHEMA.with_classes(()))


def test_the_schema_is_that_of_the_prepare_step(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(SCHEMA.with_classes(()).to_json())
    schema = channels.read_schema({"SM_CHANNEL_SCHEMA": str(tmp_path)})
    assert schema.classes == ("no", "yes")
    assert schema.feature_names == ("months", "charge")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "is missing; expected the file that shared.tables.prepare writes"),
        ("{", "it is not JSON"),
        (SCHEMA.to_json(), "names no classes"),
    ],
)
def test_a_schema_that_is_none_is_refused(tmp_path: Path, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / "schema.json").write_text(text)
    with pytest.raises(RefusedError) as caught:
        channels.read_schema({"SM_CHANNEL_SCHEMA": str(tmp_path)})
    assert told in str(caught.value)
