"""Decides which pictures are trained on, tuned by and tested with."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A good picture: where it came from, what it shows, and its pixels' SHA-256."""

    key: str
    label: str
    fingerprint: bytes


def conflicting(pictures: Iterable[Labelled]) -> dict[bytes, tuple[str, ...]]:
    """Fingerprints that stand in several classes, each with those classes, sorted."""
    labels: defaultdict[bytes, set[str]] = defaultdict(set)
    for picture in pictures:
        labels[picture.fingerprint].add(picture.label)
    return {mark: tuple(sorted(found)) for mark, found in labels.items() if len(found) > 1}


def place(fingerprint: bytes) -> float:
    """A number in [0, 1) that depends on the picture alone and is spread evenly."""
    digest = hashlib.sha256(b"split" + fingerprint).digest()
    return int.from_bytes(digest[:8]) / 2**64


def split(
    pictures: Sequence[Labelled], *, validation_fraction: float, test_fraction: float
) -> dict[bytes, str]:
    """The split of each fingerprint: `train`, `validation` or `test`.

    A picture's own hash decides, not its name, its neighbours or chance: copies of a picture
    stay together, so none is both trained on and tested with, and when a later version of the
    dataset adds pictures, the earlier ones stay where they were and test pictures never become
    training pictures. The fractions hold within each class up to chance.

    A class of three or more different pictures has at least one in each split: where chance
    left a split empty, the picture that was nearest to it goes there. No picture may be in two
    classes.
    """
    fractions = {TEST: test_fraction, VALIDATION: validation_fraction}
    by_class: defaultdict[str, set[bytes]] = defaultdict(set)
    for picture in pictures:
        by_class[picture.label].add(picture.fingerprint)
    decided: dict[bytes, str] = {}
    for marks in by_class.values():
        decided |= _split_class(sorted(marks, key=lambda mark: (place(mark), mark)), fractions)
    return decided


def _split_class(ordered: Sequence[bytes], fractions: Mapping[str, float]) -> dict[bytes, str]:
    """`ordered` by place: the test split's pictures first, then validation's, then training's."""
    test = sum(place(mark) < fractions[TEST] for mark in ordered)
    held_out = sum(place(mark) < fractions[TEST] + fractions[VALIDATION] for mark in ordered)
    if len(ordered) >= len(SPLITS):
        test = min(max(test, 1), len(ordered) - 2)
        held_out = min(max(held_out, test + 1), len(ordered) - 1)
    return {
        mark: TEST if rank < test else VALIDATION if rank < held_out else TRAIN
        for rank, mark in enumerate(ordered)
    }
