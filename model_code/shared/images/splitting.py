"""Decides which pictures are trained on, tuned by and tested with."""

from __future__ import annotations

import hashlib
from typing import Any

from shared.images.index import Index

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
_PLACES = 2**62


def place(fingerprint: bytes) -> int:
    """A number in [0, 2^62) that depends on the picture alone and is spread evenly."""
    digest = hashlib.sha256(b"split" + fingerprint).digest()
    return int.from_bytes(digest[:8]) >> 2


def conflicts(index: Index) -> list[tuple[bytes, str]]:
    """Fingerprints that stand in several classes, each with those classes, sorted, in words."""
    found = index.rows(
        "SELECT fingerprint FROM files WHERE state = 'good'"
        " GROUP BY fingerprint HAVING COUNT(DISTINCT label) > 1"
    )
    marks = [mark for (mark,) in found]
    return [(mark, ", ".join(_labels(index, mark))) for mark in marks]


def split(index: Index, *, validation_fraction: float, test_fraction: float) -> None:
    """Give each different good picture its split.

    A picture's own hash decides, not its name, its neighbours or chance: copies of a picture
    stay together, so none is both trained on and tested with, and when a later version of the
    dataset adds pictures, the earlier ones stay where they were and test pictures never become
    training pictures. The fractions hold within each class up to chance.

    A class of three or more different pictures has at least one in each split: where chance
    left a split empty, the picture that was nearest to it goes there. Of two pictures one is
    trained on; one alone is trained on. No picture may be in two classes.

    Where the dataset's makers held pictures out, those and no others are the test split, with
    all their copies; validation takes its fraction of the rest.
    """
    index.database.create_function("place", 1, place, deterministic=True)
    index.add_pictures(
        index.database.execute(
            "SELECT fingerprint, MIN(label), place(fingerprint), MAX(in_test) FROM files"
            " WHERE state = 'good' GROUP BY fingerprint ORDER BY fingerprint"
        )
    )
    held_out = index.value("SELECT 1 FROM pictures WHERE in_test IS NOT NULL LIMIT 1")
    for label in index.classes():
        if held_out:
            _split_the_rest(index, label, validation_fraction)
        else:
            _split_class(index, label, validation_fraction, test_fraction)


def ranks(count: int, in_test: int, in_held_out: int) -> tuple[int, int]:
    """Where, among a class's pictures sorted by place, the test split and validation end.

    Args:
        count: of the class's pictures.
        in_test: how many lie below the test fraction.
        in_held_out: how many lie below both fractions together.
    """
    if count >= len(SPLITS):
        test = min(max(in_test, 1), count - 2)
        return test, min(max(in_held_out, test + 1), count - 1)
    if count == 2:
        return (1, 1) if in_test else (0, 1)
    return 0, 0


def _split_class(index: Index, label: str, validation: float, test: float) -> None:
    count, in_test, in_held_out = _below(index, label, test, test + validation)
    first, second = ranks(count, in_test, in_held_out)
    _assign(index, label, TRAIN, second, count)
    _assign(index, label, VALIDATION, first, second)
    _assign(index, label, TEST, 0, first)


def _split_the_rest(index: Index, label: str, validation: float) -> None:
    index.database.execute(
        "UPDATE pictures SET split = ? WHERE label = ? AND in_test", (TEST, label)
    )
    count, below, _ = _below(index, label, validation, validation, rest="NOT in_test")
    chosen = min(max(below, 1), count - 1) if count >= 2 else 0
    _assign(index, label, TRAIN, chosen, count, rest="NOT in_test")
    _assign(index, label, VALIDATION, 0, chosen, rest="NOT in_test")


def _below(
    index: Index, label: str, first: float, second: float, *, rest: str = "TRUE"
) -> tuple[int, int, int]:
    row = index.database.execute(
        "SELECT COUNT(*), TOTAL(place < ?), TOTAL(place < ?)"  # noqa: S608
        f" FROM pictures WHERE label = ? AND {rest}",
        (int(first * _PLACES), int(second * _PLACES), label),
    ).fetchone()
    count, below_first, below_second = row
    return int(count), int(below_first), int(below_second)


def _assign(
    index: Index, label: str, name: str, start: int, end: int, *, rest: str = "TRUE"
) -> None:
    """Give a split those of a class's pictures whose ranks by place are from start to end."""

    def at(rank: int) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = index.database.execute(
            f"SELECT place, fingerprint FROM pictures WHERE label = ? AND {rest}"  # noqa: S608
            " ORDER BY place, fingerprint LIMIT 1 OFFSET ?",
            (label, rank),
        ).fetchone()
        return row

    first, last = at(start), at(end - 1)
    if start < end and first is not None and last is not None:
        index.database.execute(
            f"UPDATE pictures SET split = ? WHERE label = ? AND {rest}"  # noqa: S608
            " AND (place, fingerprint) >= (?, ?) AND (place, fingerprint) <= (?, ?)",
            (name, label, *first, *last),
        )


def _labels(index: Index, mark: bytes) -> list[str]:
    rows = index.rows("SELECT DISTINCT label FROM files WHERE fingerprint = ?", mark)
    return sorted(label for (label,) in rows)
