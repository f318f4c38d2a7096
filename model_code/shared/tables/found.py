"""What the hosts of a prepare step found in their files, beside the good rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Attributes:
    read: rows seen, in files that are CSV.
    bad_rows: those put aside.
    reasons: how often each column had each fault.
    examples: the first few bad rows, as sentences.
    bad_files: key and reason of each file that is no CSV.
    """

    read: int
    bad_rows: int
    reasons: dict[str, int]
    examples: tuple[str, ...]
    bad_files: tuple[str, ...]


def together(parts: Sequence[Found]) -> Found:
    """What all hosts found, in their order."""
    reasons: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.reasons)
    return Found(
        read=sum(part.read for part in parts),
        bad_rows=sum(part.bad_rows for part in parts),
        reasons=dict(reasons.most_common()),
        examples=tuple(text for part in parts for text in part.examples)[:_EXAMPLES],
        bad_files=tuple(sorted(text for part in parts for text in part.bad_files)),
    )
