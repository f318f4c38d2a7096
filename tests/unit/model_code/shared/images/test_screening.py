from __future__ import annotations

import unicodedata
from contextlib import closing
from pathlib import Path

import pytest

from shared.hosts import Hosts
from shared.images.index import Index
from shared.images.layouts import FoldersLayout, class_of
from shared.images.screening import Requirements, enter, screen
from shared.manifest_stream import ManifestStream
from shared.quarantine import Quarantine
from shared.spool import Slot, Spool
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


def test_the_result_is_the_same_however_many_threads_read(tmp_path: Path) -> None:
    files = {f"{n % 3}/{n}.png": encode(picture(n % 3, n)) for n in range(60)} | {"0/x.png": b"x"}
    upload = Upload(files)
    upload.write(tmp_path / "upload")
    results = []
    for threads in (1, 16):
        quarantine = Quarantine(tmp_path / str(threads), prefix=PREFIX)
        with Spool(tmp_path) as spool, closing(Index(tmp_path / f"{threads}.sqlite")) as index:
            manifest = ManifestStream(tmp_path / "upload" / "manifest")
            assert enter(manifest, FoldersLayout(PREFIX), index, Hosts()) == 0
            screen(
                index,
                lambda item: files[item.key.removeprefix(PREFIX)],
                Requirements(edge=16),
                threads=threads,
                spool=spool,
                quarantine=quarantine,
            )
            good = "SELECT key, start, length FROM files WHERE state = 'good'"
            pieces = {key: spool.get(Slot(*slot)) for key, *slot in index.rows(good)}
            marks = index.counts("SELECT key, fingerprint FROM files")
            bad = list(index.rows("SELECT key, kind, kept FROM files WHERE state = 'bad'"))
        results.append((pieces, marks, bad))
    assert results[0] == results[1]
    assert results[0][0] == {PREFIX + name: body for name, body in files.items() if len(body) > 1}
    assert results[0][2] == [(PREFIX + "0/x.png", "not a picture", "0/x.png")]
