"""Lets rare classes count as much as frequent ones."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 10.0
"""One picture of a rare class must not lead a step alone."""


def balanced(counts: Sequence[int]) -> tuple[float, ...]:
    """What an example of each class counts, by label, from how many there are of each.

    In inverse proportion to the class's size, at most `MOST` times the least, and 1 on average
    over all examples.
    """
    rare = [1 / max(1, count) for count in counts]
    capped = [min(weight, MOST * min(rare)) for weight in rare]
    total = sum(weight * count for weight, count in zip(capped, counts, strict=True))
    mean = total / max(1, sum(counts))
    return tuple(weight / mean for weight in capped)
