from __future__ import annotations

import hashlib
import random
from collections import Counter

import pytest

from shared.images.splitting import SPLITS, Labelled, conflicting, split

FRACTIONS = {"validation_fraction": 0.15, "test_fraction": 0.15}


def pictures(count: int, *, classes: int = 3, first: int = 0) -> list[Labelled]:
    return [
        Labelled(
            key=f"{label}/{number}",
            label=str(label),
            fingerprint=hashlib.sha256(f"{label}/{number}".encode()).digest(),
        )
        for label in range(classes)
        for number in range(first, first + count)
    ]


def test_the_split_depends_on_the_pictures_and_not_on_their_order_or_names() -> None:
    known = pictures(50)
    mixed = [
        Labelled(key=f"other/{n}", label=item.label, fingerprint=item.fingerprint)
        for n, item in enumerate(random.Random(1).sample(known, len(known)))
    ]
    assert split(mixed, **FRACTIONS) == split(known, **FRACTIONS)


def test_copies_of_a_picture_are_never_in_two_splits() -> None:
    known = pictures(50)
    copies = [
        Labelled(key=f"copy/{item.key}", label=item.label, fingerprint=item.fingerprint)
        for item in known
    ]
    decided = split(known + copies, **FRACTIONS)
    assert decided == split(known, **FRACTIONS)
    assert set(decided) == {item.fingerprint for item in known}


def test_pictures_stay_in_their_split_when_the_dataset_grows() -> None:
    before = split(pictures(500), **FRACTIONS)
    after = split(pictures(2000), **FRACTIONS)
    assert all(after[mark] == where for mark, where in before.items())


def test_each_class_is_split_by_the_fractions() -> None:
    known = pictures(2000)
    decided = split(known, **FRACTIONS)
    for label in "012":
        counts = Counter(decided[item.fingerprint] for item in known if item.label == label)
        assert counts["test"] == pytest.approx(300, abs=60)
        assert counts["validation"] == pytest.approx(300, abs=60)


@pytest.mark.parametrize("count", [3, 4, 7, 20])
@pytest.mark.parametrize("fraction", [0.001, 0.15, 0.49])
def test_a_class_of_three_pictures_or_more_is_in_every_split(count: int, fraction: float) -> None:
    known = pictures(count, classes=20)
    decided = split(known, validation_fraction=fraction, test_fraction=fraction)
    found = {(item.label, decided[item.fingerprint]) for item in known}
    assert found == {(str(label), name) for label in range(20) for name in SPLITS}


def test_a_picture_in_two_classes_is_found_with_both_names() -> None:
    known = pictures(3)
    other = Labelled(key="z/copy", label="z", fingerprint=known[0].fingerprint)
    assert conflicting([*known, other]) == {known[0].fingerprint: ("0", "z")}
