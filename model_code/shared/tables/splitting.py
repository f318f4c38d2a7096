"""Decides which rows are trained on, tuned by and tested with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from shared.tables.row_index import RowIndex

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
_PLACE_BYTES = 8


def place(mark: bytes) -> float:
    """A number in [0, 1) that depends on a row's features alone: see rows.mark_of."""
    return float(int.from_bytes(mark[:_PLACE_BYTES], "big") / 2 ** (8 * _PLACE_BYTES))


@dataclass(frozen=True)
class Splitter:
    """The split of each row.

    The hash of a row's features decides, not its file, its neighbours, its label or chance:
    rows that a model cannot tell apart stay together, and when a later version of the dataset
    adds rows, the earlier ones stay where they were. The fractions hold up to chance.

    A class of three or more rows has at least one in each split: where chance left a split
    empty, the row that was nearest to it goes there (`moved`, by mark).
    """

    validation_fraction: float
    test_fraction: float
    moved: dict[bytes, str] = field(default_factory=dict)

    def split_of(self, mark: bytes) -> str:
        return self.moved.get(mark) or self._by_place(mark)

    def _by_place(self, mark: bytes) -> str:
        at = place(mark)
        if at < self.test_fraction:
            return TEST
        return VALIDATION if at < self.test_fraction + self.validation_fraction else TRAIN

    def counts(self, index: RowIndex) -> Counter[str]:
        """Rows of each split."""
        return Counter(self.split_of(row.mark) for row in index.rows())

    def fill_empty_splits(self, index: RowIndex) -> None:
        """Find the rows to move, class by class, the largest first."""
        for label, count in sorted(index.labels().items(), key=lambda item: (-item[1], item[0])):
            if count >= len(SPLITS):
                self._fill(index, label, count)

    def _fill(self, index: RowIndex, label: str, count: int) -> None:
        by_split = dict.fromkeys(SPLITS, 0)
        for mark in index.marks(label):
            by_split[self.split_of(mark)] += 1
        if all(by_split.values()):
            return
        test = min(max(by_split[TEST], 1), count - 2)
        held_out = min(max(by_split[TEST] + by_split[VALIDATION], test + 1), count - 1)
        for rank, mark in enumerate(index.marks(label)):
            wanted = TEST if rank < test else VALIDATION if rank < held_out else TRAIN
            if wanted != self.split_of(mark):
                self.moved[mark] = wanted
