"""Which rows are good, what of the others is told, and what stops the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.faults import RefusedError
from tests.unit.model_code.shared.tables.deliveries import Delivery, Prepared, rows, schema, text

GOOD = rows(60)


def prepared_with(folder: Path, *lines: list[Any], allowed: str = "0.2") -> Prepared:
    return Delivery({"a.csv": text([*GOOD, *lines])}).prepare(folder, "--max-bad-fraction", allowed)


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (["rose", "", 1], "length", "", "is missing"),
        (["rose", "long", 1], "length", "long", "is not a number"),
        (["rose", "nan", 1], "length", "nan", "is not a number"),
        (["rose", "1_0", 1], "length", "1_0", "is not a number"),
        (["rose", "1e999", 1], "length", "1e999", "is not a finite number"),
        (["rose", "-1", 1], "length", "-1", "is below 0"),
        (["rose", "1001", 1], "length", "1001", "is above 1000"),
        (["rose", "1", "1.5"], "leaves", "1.5", "is not a whole number"),
        (["", "1", "1"], "kind", "", "the label is missing"),
        (["rose", "1"], "", "", "expected 3 fields, got 2"),
        (["rose", "1", "1", "1"], "", "", "expected 3 fields, got 4"),
    ],
)
def test_a_bad_row_is_kept_with_its_place_and_reason(
    row: list[str], column: str, value: str, reason: str, tmp_path: Path
) -> None:
    prepared = prepared_with(tmp_path, row)

    (bad,) = prepared.bad_rows
    assert bad == {
        "file": "uploads/flowers/a.csv",
        "line": "61",
        "column": column,
        "value": value,
        "reason": reason,
        "row": text([row]).decode().rstrip("\n"),
    }
    assert len(prepared.lines) == 60


def test_every_fault_of_a_row_is_told_and_counted_once_as_a_row(tmp_path: Path) -> None:
    prepared = prepared_with(tmp_path, ["", "x", "y"], ["", "1", "1"])

    assert [bad["column"] for bad in prepared.bad_rows] == ["kind", "length", "leaves", "kind"]
    dataset = prepared.json("report/dataset.json")
    assert dataset["rejected"] == 2
    assert dataset["faults"] == {
        "kind: the label is missing": 2,
        "length: is not a number": 1,
        "leaves: is not a number": 1,
    }


def test_a_field_over_several_lines_is_told_by_its_first_line(tmp_path: Path) -> None:
    content = text(GOOD) + b'"of\ntwo lines",1,x\nrose,7.77,x\n'

    prepared = Delivery({"a.csv": content}).prepare(tmp_path)

    assert [bad["line"] for bad in prepared.bad_rows] == ["61", "63"]
    assert prepared.bad_rows[0]["row"] == '"of\ntwo lines",1,x'


def test_too_many_bad_rows_stop_the_run_with_examples_and_nothing_but_quarantine_is_written(
    tmp_path: Path,
) -> None:
    bad = [["rose", "x", number] for number in range(20)]

    with pytest.raises(RefusedError) as caught:
        prepared_with(tmp_path, *bad, allowed="0.2")

    assert "20 of 80 rows cannot be used, allowed are 20%" in str(caught.value)
    assert "uploads/flowers/a.csv line 61: length 'x' is not a number" in str(caught.value)
    output = tmp_path / "output"
    assert [path.name for path in output.iterdir()] == ["quarantine"]
    assert len(Prepared(output).bad_rows) == 20
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_too_many_bad_files_stop_the_run(tmp_path: Path) -> None:
    delivery = Delivery({"a.csv": text(GOOD), "b.csv": b"", "c.csv": b"PAR1"})

    with pytest.raises(RefusedError, match="2 of 3 files cannot be used, allowed are 20%"):
        delivery.prepare(tmp_path)


def test_rows_that_are_there_twice_are_kept_once_and_counted(tmp_path: Path) -> None:
    again = [[row[0], f"{row[1]:.6f}", row[2]] for row in GOOD[:7]]
    files = {"a.csv": text([*GOOD, GOOD[0]]), "b.csv": text(again)}

    prepared = Delivery(files).prepare(tmp_path)

    assert len(prepared.lines) == len(set(prepared.lines)) == 60
    assert prepared.json("report/dataset.json")["duplicates"] == 8


def test_the_same_features_with_two_labels_are_kept_together_and_reported(tmp_path: Path) -> None:
    other = ["rose", *GOOD[0][1:]]

    prepared = prepared_with(tmp_path, other)

    found = prepared.json("report/dataset.json")["contradictions"]
    assert found["rows"] == 2
    (example,) = found["examples"]
    assert "a.csv line 1 'daisy'" in example
    assert "a.csv line 61 'rose'" in example
    features = "1,"
    homes = {
        name
        for name in ("train", "validation", "test")
        for line in prepared.split(name)
        if line.partition(",")[2] == features
    }
    assert len(homes) == 1


def test_too_many_contradictions_stop_the_run_and_all_are_in_quarantine(tmp_path: Path) -> None:
    others = [["rose", *row[1:]] for row in GOOD[:20:2]]

    with pytest.raises(RefusedError, match="20 of 70 different rows stand with several labels"):
        prepared_with(tmp_path, *others)

    bad = Prepared(tmp_path / "output").bad_rows
    assert len(bad) == 20
    assert {row["reason"] for row in bad} == {"the same features stand with the labels daisy, rose"}


def test_labels_that_only_look_the_same_are_one_class(tmp_path: Path) -> None:
    composed, decomposed = "ros\u00e9", "rose\u0301"
    lines = [
        [decomposed if number % 4 == 1 else row[0], *row[1:]] for number, row in enumerate(GOOD)
    ]
    lines = [[composed if row[0] == "rose" else row[0], *row[1:]] for row in lines]

    prepared = Delivery({"a.csv": text(lines)}).prepare(tmp_path)

    assert prepared.json("schema/schema.json")["classes"] == ["daisy", composed]


def test_a_label_that_the_schema_does_not_list_makes_the_row_bad(tmp_path: Path) -> None:
    columns = schema()["columns"]
    columns[0]["values"] = ["rose", "daisy"]
    content = text([*GOOD, ["tulip", 1, 1]])

    prepared = Delivery({"a.csv": content}, schema(columns=columns)).prepare(tmp_path)

    assert prepared.bad_rows[0]["reason"] == "is not one of rose, daisy"
    assert prepared.json("schema/schema.json")["classes"] == ["rose", "daisy"]


def test_classes_that_are_too_small_missing_or_alone_stop_the_run(tmp_path: Path) -> None:
    columns = schema()["columns"]
    columns[0]["values"] = ["rose", "daisy", "tulip", "lily"]
    content = text([*GOOD, ["tulip", 1, 1]])

    with pytest.raises(RefusedError) as caught:
        Delivery({"a.csv": content}, schema(columns=columns)).prepare(tmp_path / "small")
    assert "class 'tulip' has 1 different good rows, 3 are needed" in str(caught.value)
    assert "class 'lily' has 0 different good rows" in str(caught.value)

    alone = text([row for row in GOOD if row[0] == "rose"])
    with pytest.raises(RefusedError, match="holds the classes 'rose'; a classifier needs 2"):
        Delivery({"a.csv": alone}).prepare(tmp_path / "alone")


def test_an_upload_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="it holds no file; expected CSV"):
        Delivery({}).prepare(tmp_path)


def test_an_object_that_is_gone_or_of_another_size_stops_the_run(tmp_path: Path) -> None:
    class Changed(Delivery):
        def get_object(self, *, Key: str, **rest: str) -> dict[str, Any]:  # noqa: N803
            if Key.endswith("b.csv"):
                Key += ".gone"  # noqa: N806
            answer = super().get_object(Key=Key, **rest)
            answer["Body"].read(3)
            return answer

    with pytest.raises(RefusedError) as caught:
        Changed({"a.csv": text(GOOD), "b.csv": text(GOOD)}).prepare(tmp_path)

    assert "a.csv' version v1 in bucket data: has" in str(caught.value)
    assert "it does not exist" in str(caught.value)
