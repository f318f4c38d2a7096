"""What the prepare step writes, and that rows stay in their split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.samples import CSV, Samples
from contracts.table_schema import TableSchema
from shared.faults import RefusedError
from shared.images import splitting as images
from shared.tables import prepared as writing
from shared.tables.options import read_arguments
from shared.tables.prepare import read_schema
from shared.tables.rows import mark_of
from shared.tables.splitting import SPLITS, place
from tests.unit.model_code.shared.tables.deliveries import (
    Delivery,
    Prepared,
    rows,
    schema,
    text,
)

FRACTIONS = ("--validation-fraction", "0.2", "--test-fraction", "0.3")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    content = text([*rows(400), ["rose", "x", 1], rows(1)[0]])
    folder = tmp_path_factory.mktemp("prepared")
    return Delivery({"a.csv": content}).prepare(folder, *FRACTIONS, "--samples", "5")


def where(prepared: Prepared) -> dict[str, str]:
    """The split of each line."""
    return {line: name for name in SPLITS for line in prepared.split(name)}


def test_a_line_is_class_index_and_features_without_header_empty_where_missing(
    prepared: Prepared,
) -> None:
    lines = prepared.lines

    assert len(lines) == 400
    assert "0,1," in lines
    assert "1,1.125,1" in lines
    assert {line.count(",") for line in lines} == {2}


def test_the_schema_tells_the_classes_and_features(prepared: Prepared) -> None:
    content = (prepared.folder / "schema" / "schema.json").read_bytes()

    found = TableSchema.parse(content)
    assert found.classes == ("daisy", "rose")
    assert json.loads(content)["features"] == ["length", "leaves"]


def test_the_splits_have_about_the_fractions_asked_for(prepared: Prepared) -> None:
    sizes = {name: len(prepared.split(name)) for name in SPLITS}

    assert sizes["test"] == pytest.approx(120, abs=25)
    assert sizes["validation"] == pytest.approx(80, abs=25)


def test_the_report_counts_rows_by_split_and_class(prepared: Prepared) -> None:
    report = prepared.json("report/dataset.json")

    for name in SPLITS:
        found = [line[0] for line in prepared.split(name)]
        assert report["rows"][name] == {"daisy": found.count("0"), "rose": found.count("1")}
    assert (report["different_rows"], report["read_rows"]) == (400, 402)
    assert (report["rejected"], report["duplicates"]) == (1, 1)
    assert report["balance"] == {
        "shares": {"daisy": 0.5, "rose": 0.5},
        "largest_to_smallest": 1.0,
    }


def test_samples_are_held_out_rows_of_each_class_in_turn_without_their_label(
    prepared: Prepared,
) -> None:
    folder = prepared.folder / "samples"
    samples = Samples.parse((folder / "samples.json").read_bytes())

    assert samples.content_type == CSV
    assert samples.classes == ("daisy", "rose")
    assert [item.label for item in samples.samples] == ["daisy", "rose", "daisy", "rose", "daisy"]
    held_out = set(prepared.split("test"))
    for item in samples.samples:
        features = (folder / item.file).read_text().rstrip("\n")
        assert f"{samples.classes.index(item.label)},{features}" in held_out
        line = int(item.key.removeprefix("uploads/flowers/a.csv:"))
        assert f"{line - 1}" in features or (line - 1) % 10 == 0
    files = sorted(path.name for path in (folder / "files").iterdir())
    assert files == ["00.csv", "01.csv", "02.csv", "03.csv", "04.csv"]


def test_rows_stay_in_their_split_when_a_later_delivery_adds_others(
    prepared: Prepared, tmp_path: Path
) -> None:
    more = Delivery({"other name.csv": text(rows(700)), "z.csv": text(rows(400))})

    later = where(more.prepare(tmp_path, *FRACTIONS))

    assert len(later) == 700
    assert where(prepared).items() <= later.items()


def test_a_rows_place_is_by_the_rule_that_places_pictures() -> None:
    import hashlib

    fingerprint = hashlib.sha256(b"5.1,3.5,,0.2").digest()

    assert place(mark_of("5.1,3.5,,0.2")) == pytest.approx(images.place(fingerprint) / 2**62)


def test_the_same_data_gives_the_same_bytes(prepared: Prepared, tmp_path: Path) -> None:
    content = text([*rows(400), ["rose", "x", 1], rows(1)[0]])
    again = Delivery({"a.csv": content}).prepare(tmp_path, *FRACTIONS, "--samples", "5")

    files = [path.relative_to(prepared.folder) for path in prepared.folder.rglob("*.*")]
    assert len(files) > 8
    for file in files:
        assert (again.folder / file).read_bytes() == (prepared.folder / file).read_bytes()


@pytest.mark.parametrize("fractions", [("0.001", "0.001"), ("0.1", "0.898")])
def test_a_class_of_three_rows_has_one_in_each_split(
    fractions: tuple[str, str], tmp_path: Path
) -> None:
    lines = [*rows(30), *(["tulip", number + 0.7, 1] for number in range(3))]
    validation, test = fractions

    prepared = Delivery({"a.csv": text(lines)}).prepare(
        tmp_path, "--validation-fraction", validation, "--test-fraction", test
    )

    counted = prepared.json("report/dataset.json")["rows"]
    assert [counted[name]["tulip"] for name in SPLITS] == [1, 1, 1]
    assert all(count for name in SPLITS for count in counted[name].values())


def test_a_table_too_small_for_three_splits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="none of the 2 different rows falls to"):
        Delivery({"a.csv": text(rows(2))}).prepare(tmp_path, "--min-rows-per-class", "1")


def test_a_full_part_is_followed_by_another(tmp_path: Path) -> None:
    with writing.Parts(tmp_path, part_bytes=10) as parts:
        for line in ("0,1.5", "1,2.5", "0,a line longer than a part"):
            parts.write(line)

    assert [path.name for path in parts.files] == [
        "part-00000.csv",
        "part-00001.csv",
        "part-00002.csv",
    ]
    assert b"".join(path.read_bytes() for path in parts.files).decode().splitlines()[1] == "1,2.5"


def test_all_wrong_arguments_are_told_at_once() -> None:
    with pytest.raises(RefusedError) as caught:
        read_arguments(["--samples", "many", "--min-rows-per-class", "0", "--unknown", "1"])

    assert len(caught.value.faults) == 3
    with pytest.raises(RefusedError, match="leaves nothing to train on"):
        read_arguments(["--test-fraction", "0.5", "--validation-fraction", "0.5"])


def test_a_schema_that_is_missing_or_wrong_is_told_with_all_faults(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no such file"):
        read_schema(tmp_path / "schema.json")
    broken: dict[str, Any] = {**schema(), "label": "gone", "delimiter": "x"}
    (tmp_path / "schema.json").write_text(json.dumps(broken))
    with pytest.raises(RefusedError) as caught:
        read_schema(tmp_path / "schema.json")
    assert len(caught.value.faults) == 2
