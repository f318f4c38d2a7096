"""Which files are read, and which go to quarantine as a whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.unit.model_code.shared.tables.deliveries import Delivery, rows, schema, text

GOOD = text(rows(60))
EXPECTED = sorted(
    f"{number % 2},{number // 8 + 1 if number % 8 == 0 else 1 + number / 8},"
    f"{number if number % 10 else ''}"
    for number in range(60)
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", GOOD),
        ("no extension", GOOD),
        ("packed.csv.gz", gzip.compress(GOOD)),
        ("with a byte order mark.csv", b"\xef\xbb\xbf" + GOOD),
        ("of windows.csv", GOOD.replace(b"\n", b"\r\n")),
        ("without a last line end.csv", GOOD.rstrip()),
        ("with blank lines.csv", GOOD.replace(b"\n", b"\n\n")),
        ("quoted.csv", GOOD.replace(b"rose", b'"rose"')),
        ("spaced.csv", GOOD.replace(b",", b" , ")),
        ("with other forms of numbers.csv", GOOD.replace(b"1.5,4", b"+15.0E-1,4.0")),
    ],
)
def test_csv_is_read_in_each_of_its_forms(name: str, content: bytes, tmp_path: Path) -> None:
    prepared = Delivery({name: content}).prepare(tmp_path)

    assert prepared.lines == EXPECTED
    assert prepared.bad_rows == []
    assert not (prepared.folder / "quarantine").exists()


def test_header_and_delimiter_are_those_of_the_schema(tmp_path: Path) -> None:
    lines = [["kind", " length", "leaves"], *rows(60)]
    delivery = Delivery({"a.csv": text(lines, ";")}, schema(header=True, delimiter=";"))

    assert delivery.prepare(tmp_path).lines == EXPECTED


def test_several_files_are_one_table_and_folder_markers_are_no_files(tmp_path: Path) -> None:
    files = {
        "1.csv": text(rows(30)),
        "sub folder/2.csv": text(rows(30, start=30)),
        "sub folder/": b"",
    }

    prepared = Delivery(files).prepare(tmp_path)

    assert prepared.lines == EXPECTED
    assert prepared.json("report/dataset.json")["files"] == 2


NO_CSV = {
    "empty.csv": (b"", "the file is empty"),
    "blank.csv": (b"\n\n", "it holds no row"),
    "table.parquet": (b"PAR1....", "a Parquet file"),
    "table.xlsx": (b"PK\x03\x04....", "an Excel workbook"),
    "latin.csv": ("rosé,1,2\n".encode("latin-1"), "not UTF-8"),
    "utf-16.csv": ("rose,1,2\n".encode("utf-16"), "UTF-16"),
    "binary.csv": (b"rose\0,1,2\n", "NUL bytes"),
    "cut off.csv.gz": (gzip.compress(GOOD)[:-20], "a damaged gzip file"),
    "open quote.csv": (GOOD + b'"rose,1,2\n' + GOOD * 300, "not CSV after line 61"),
    "semicolons.csv": (GOOD.replace(b",", b";"), "none of its 60 rows has the 3 fields"),
}


def test_files_that_are_no_csv_go_to_quarantine_whole_each_with_its_reason(tmp_path: Path) -> None:
    files = {name: content for name, (content, _) in NO_CSV.items()}

    prepared = Delivery({"good.csv": GOOD, **files}).prepare(tmp_path, "--max-bad-fraction", "1")

    assert prepared.lines == EXPECTED
    for name, (content, reason) in NO_CSV.items():
        assert reason in prepared.bad_files[name]
        assert (prepared.folder / "quarantine" / name).read_bytes() == content
    assert prepared.json("report/dataset.json")["rejected_files"] == len(NO_CSV)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (["kind", "leaves", "length"], "in another order"),
        (["kind", "length", "stem"], "missing: 'leaves'; unknown: 'stem'"),
        (["kind", "length", "leaves", "leaves"], "a column is there twice"),
    ],
)
def test_a_file_with_another_header_goes_to_quarantine_whole(
    header: list[str], told: str, tmp_path: Path
) -> None:
    good = text([["kind", "length", "leaves"], *rows(60)])
    other = text([header, *rows(60, start=100)])

    prepared = Delivery({"a.csv": good, "b.csv": other}, schema(header=True)).prepare(
        tmp_path, "--max-bad-fraction", "0.5"
    )

    assert prepared.lines == EXPECTED
    assert told in prepared.bad_files["b.csv"]
    assert "kind,length,leaves" in prepared.bad_files["b.csv"]


def test_a_quarantined_file_never_takes_the_place_of_the_list_of_bad_rows(tmp_path: Path) -> None:
    files = {"bad-rows.csv": b"PK\x03\x04", "good.csv": GOOD + b"rose,,1\n"}

    prepared = Delivery(files).prepare(tmp_path, "--max-bad-fraction", "0.5")

    assert [row["line"] for row in prepared.bad_rows] == ["61"]
    (entry,) = prepared.json("quarantine/quarantine.json")["files"]
    assert (prepared.folder / "quarantine" / entry["file"]).read_bytes() == b"PK\x03\x04"
