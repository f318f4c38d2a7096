from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from contracts.manifest import ManifestObject
from shared.images.screening import class_of, is_folder_marker, screen
from shared.quarantine import Quarantine
from shared.spool import Spool
from tests.unit.model_code.uploads import PREFIX, Upload, encode, picture


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cat/1.png", "cat"),
        ("cat/deeper/1.png", "cat"),
        ("two words/1.png", "two words"),
        ("1.png", None),
        (unicodedata.normalize("NFD", "zażółć") + "/1.png", unicodedata.normalize("NFC", "zażółć")),
    ],
)
def test_the_class_is_the_first_folder_below_the_prefix(name: str, label: str | None) -> None:
    assert class_of(PREFIX + name, PREFIX) == label


@pytest.mark.parametrize(
    ("key", "size", "marker"), [("a/", 0, True), ("a/", 5, False), ("a", 0, False)]
)
def test_only_an_empty_object_named_as_a_folder_is_passed_over(
    key: str, size: int, marker: bool
) -> None:
    assert is_folder_marker(ManifestObject(key=key, version_id="1", size=size, etag="e")) is marker


def test_the_result_is_the_same_however_many_threads_read(tmp_path: Path) -> None:
    files = {f"{n % 3}/{n}.png": encode(picture(n % 3, n)) for n in range(60)} | {"0/x.png": b"x"}
    upload = Upload(files)
    results = []
    for threads in (1, 16):
        with Spool(tmp_path) as spool:
            quarantine = Quarantine(tmp_path / str(threads), prefix=PREFIX)
            good = screen(
                upload.manifest,
                lambda item: files[item.key.removeprefix(PREFIX)],
                edge=16,
                threads=threads,
                spool=spool,
                quarantine=quarantine,
            )
            pieces = {item.picture.key: spool.get(item.slot) for item in good}
        results.append(([item.picture for item in good], pieces, quarantine.reasons()))
    assert results[0] == results[1]
    assert results[0][1] == {PREFIX + name: body for name, body in files.items() if len(body) > 1}
