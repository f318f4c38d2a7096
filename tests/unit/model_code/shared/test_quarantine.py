from __future__ import annotations

import json
from pathlib import Path

from shared.quarantine import Quarantine

KEYS = [
    "up/a",
    "up/a/b.csv",
    "up/../../escape.png",
    "up//twice.png",
    "up/quarantine.json",
    "up/" + "x" * 300,
    "up/übung 1/ß.png",
]


def test_no_key_escapes_the_folder_or_overwrites_another(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q", prefix="up/")
    for key in KEYS:
        quarantine.add(key, key.encode(), "bad")
    quarantine.write_report()
    report = json.loads((tmp_path / "q" / "quarantine.json").read_text())
    assert [entry["key"] for entry in report["files"]] == sorted(KEYS)
    for entry in report["files"]:
        assert (tmp_path / "q" / entry["file"]).read_bytes() == entry["key"].encode()
    assert [path.name for path in tmp_path.iterdir()] == ["q"]


def test_a_plain_key_keeps_its_name(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, prefix="up/")
    quarantine.add("up/übung 1/ß.png", b"x", "bad")
    assert (tmp_path / "übung 1" / "ß.png").read_bytes() == b"x"


def test_without_bad_files_nothing_is_written(tmp_path: Path) -> None:
    Quarantine(tmp_path / "q", prefix="up/").write_report()
    assert list(tmp_path.iterdir()) == []
