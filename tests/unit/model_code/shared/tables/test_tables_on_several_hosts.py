"""Hosts that prepare a table together make what one makes alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.faults import RefusedError
from shared.hosts import Hosts
from tests.unit.model_code.memory_s3 import MemoryS3
from tests.unit.model_code.shared.tables.deliveries import (
    PREFIX,
    Delivery,
    Prepared,
    rows,
    text,
)

NAMES = ("algo-1", "algo-2", "algo-3")
WORKSPACE = ("--workspace-uri", "s3://artifacts/w/run/workspace", "--exchange-seconds", "60")
FILES = {f"{number}.csv": text(rows(40, start=30 * number)) for number in range(6)}
DELIVERY = Delivery(
    {
        **FILES,
        "bad row.csv": text([*rows(3), ["rose", "x", 1]]),
        "another bad row.csv": text([["daisy", 1, "y"], *rows(3)]),
        "no table.csv": b"PAR1",
        "empty.csv": b"",
        "contradicting.csv": text([["rose", *rows(1)[0][1:]]]),
    }
)
ALLOWED = ("--max-bad-fraction", "0.3", "--samples", "6")


def on_all(folder: Path, delivery: Delivery, *arguments: str) -> list[Callable[[], Prepared]]:
    """Runs on three threads; what each ended with."""
    s3 = MemoryS3({PREFIX + name: content for name, content in delivery.files.items()})

    def on(name: str) -> Callable[[], Prepared]:
        try:
            prepared = delivery.prepare(
                folder / name, *arguments, *WORKSPACE, s3=s3, hosts=Hosts(name, NAMES)
            )
        except RefusedError as error:
            caught = error

            def fail() -> Prepared:
                raise caught

            return fail
        return lambda: prepared

    with ThreadPoolExecutor(len(NAMES)) as pool:
        return list(pool.map(on, NAMES))


def test_several_hosts_make_together_what_one_makes_alone(tmp_path: Path) -> None:
    alone = DELIVERY.prepare(tmp_path / "alone", *ALLOWED)
    shares = [share() for share in on_all(tmp_path, DELIVERY, *ALLOWED)]

    for name in ("train", "validation", "test"):
        lines = [line for share in shares for line in share.split(name)]
        assert sorted(lines) == sorted(alone.split(name))
        assert sum(bool(share.split(name)) for share in shares) > 1
    first, *others = shares
    assert first.json("report/dataset.json") == {**alone.json("report/dataset.json"), "hosts": 3}
    for path in ("report/baseline.json", "schema/schema.json", "samples/samples.json"):
        assert first.json(path) == alone.json(path)
    for other in others:
        assert not any((other.folder / name).exists() for name in ("report", "schema", "samples"))


def test_what_hosts_write_has_different_names(tmp_path: Path) -> None:
    shares = [share() for share in on_all(tmp_path, DELIVERY, *ALLOWED)]

    names = [
        path.relative_to(share.folder)
        for share in shares
        for path in share.folder.rglob("*")
        if path.is_file()
    ]
    assert len(names) == len(set(names))
    assert Path("train/part-algo-2-00000.csv") in names
    reasons = [
        line
        for share in shares
        for path in (share.folder / "quarantine").glob("bad-rows*.csv")
        for line in path.read_text().splitlines()[1:]
    ]
    assert len(reasons) == 2
    kept = {path.name for path in names if path.parts[0] == "quarantine"}
    assert {"no table.csv", "empty.csv"} <= kept


def test_all_hosts_refuse_the_same_delivery_with_the_same_words(tmp_path: Path) -> None:
    told = set()
    for share in on_all(tmp_path, DELIVERY, "--max-bad-fraction", "0.001"):
        with pytest.raises(RefusedError) as caught:
            share()
        told.add(str(caught.value))

    (words,) = told
    assert "2 of 11 files cannot be used" in words
    assert "2 of 249 rows cannot be used" in words
    assert "2 of 191 different rows stand with several labels" in words
    quarantines = tmp_path.glob("algo-*/output/quarantine/bad-rows*.csv")
    lines = [line for path in quarantines for line in path.read_text().splitlines()[1:]]
    assert len(lines) == 4
