from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from contracts.manifest import ManifestObject
from shared.images import splitting
from shared.images.index import Index
from shared.images.layouts import Place
from shared.images.pictures import Looks
from shared.images.splitting import SPLITS
from shared.spool import Slot

FRACTIONS = {"validation_fraction": 0.15, "test_fraction": 0.15}
LOOKS = Looks(1, 1, "png", "RGB", *[0.0] * 6)

Picture = tuple[str, str, bytes]


def pictures(count: int, *, classes: int = 3) -> list[Picture]:
    """Key, label and fingerprint of each."""
    return [
        (f"{label}/{n}", str(label), hashlib.sha256(f"{label}/{n}".encode()).digest())
        for label in range(classes)
        for n in range(count)
    ]


def index_of(known: Iterable[Picture], in_test: frozenset[str] | None = None) -> Index:
    from pathlib import Path

    index = Index(Path(":memory:"))
    for key, label, mark in known:
        item = ManifestObject(key=key, version_id="v", size=1, etag="e")
        held_out = None if in_test is None else key in in_test
        index.add(item, Place(label=label, in_test=held_out), own=True)
        index.accept(key, mark, Slot(0, 1), LOOKS)
    index.prepare_lookups()
    return index


def split(known: Iterable[Picture], **options: Any) -> dict[bytes, str]:
    index = index_of(known, options.pop("in_test", None))
    splitting.split(index, **{**FRACTIONS, **options})
    return index.counts("SELECT fingerprint, split FROM pictures")  # type: ignore[return-value]


def test_the_split_depends_on_the_pictures_and_not_on_their_order_or_names() -> None:
    known = pictures(50)
    mixed = [
        (f"other/{n}", label, mark)
        for n, (_, label, mark) in enumerate(random.Random(1).sample(known, len(known)))
    ]
    assert split(mixed) == split(known)


def test_copies_of_a_picture_are_never_in_two_splits() -> None:
    known = pictures(50)
    copies = [(f"copy/{key}", label, mark) for key, label, mark in known]
    decided = split(known + copies)
    assert decided == split(known)
    assert set(decided) == {mark for _, _, mark in known}


def test_pictures_stay_in_their_split_when_the_dataset_grows() -> None:
    before, after = split(pictures(200)), split(pictures(900))
    assert all(after[mark] == where for mark, where in before.items())


def test_each_class_is_split_by_the_fractions() -> None:
    known = pictures(2000)
    decided = split(known)
    for label in "012":
        counts = Counter(decided[mark] for _, one, mark in known if one == label)
        assert counts["test"] == pytest.approx(300, abs=60)
        assert counts["validation"] == pytest.approx(300, abs=60)


@pytest.mark.parametrize("count", [3, 4, 7, 20])
@pytest.mark.parametrize("fraction", [0.001, 0.15, 0.49])
def test_a_class_of_three_pictures_or_more_is_in_every_split(count: int, fraction: float) -> None:
    known = pictures(count, classes=20)
    decided = split(known, validation_fraction=fraction, test_fraction=fraction)
    found = {(label, decided[mark]) for _, label, mark in known}
    assert found == {(str(label), name) for label in range(20) for name in SPLITS}


def test_a_class_of_one_picture_is_trained_on() -> None:
    assert set(split(pictures(1, classes=9)).values()) == {"train"}


def test_of_two_pictures_one_is_trained_on() -> None:
    known = pictures(2, classes=40)
    decided = split(known)
    for label in range(40):
        found = sorted(decided[mark] for _, one, mark in known if one == str(label))
        assert found in (["train", "validation"], ["test", "train"])
    assert {"test", "validation"} <= set(decided.values())


def test_what_the_makers_held_out_is_the_test_split_with_all_its_copies() -> None:
    known = pictures(40)
    held_out = frozenset(key for key, _, _ in known if key.endswith(("1", "7")))
    copy = ("copy/of 0-7", "0", next(mark for key, _, mark in known if key == "0/7"))
    decided = split([*known, copy], in_test=held_out, validation_fraction=0.25)
    tested = {mark for key, _, mark in known if key in held_out}
    assert {mark for mark, name in decided.items() if name == "test"} == tested
    counts = Counter(decided.values())
    assert counts["validation"] == pytest.approx(24, abs=12)
    assert counts["train"] + counts["validation"] == 96


def test_a_picture_in_two_classes_is_found_with_both_names() -> None:
    known = pictures(3)
    index = index_of([*known, ("z/copy", "z", known[0][2])])
    assert splitting.conflicts(index) == [(known[0][2], "0, z")]
