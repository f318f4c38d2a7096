"""Records of files: a line is one, or the whole file is.

Lines without content are none, for SageMaker as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Split = Literal["line", "none"]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Lines of a file. `first` and `last` are counted from 1 in the whole file."""

    first: int
    last: int
    records: int
    content: bytes


def count_records(chunks: Iterable[bytes], split: Split) -> int:
    """How many records there are in a file that comes in chunks."""
    if split == "none":
        return 1 if any(chunks) else 0
    count, in_record = 0, False
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            count += 1 if in_record or line.strip() else 0
            in_record = False
        in_record = in_record or bool(rest.strip())
    return count + (1 if in_record else 0)


def cut_lines(
    content: bytes, *, pieces: int, first: int | None = None, last: int | None = None
) -> Iterator[Piece]:
    """Cut a file, or its lines from `first` to `last`, into at most `pieces` of the same size."""
    lines = [
        (number, line)
        for number, line in enumerate(content.split(b"\n"), start=1)
        if line.strip() and (first or 1) <= number <= (last or number)
    ]
    size = -(-len(lines) // max(1, pieces))
    for start in range(0, len(lines), max(1, size)):
        chosen = lines[start : start + size]
        yield Piece(
            first=chosen[0][0],
            last=chosen[-1][0],
            records=len(chosen),
            content=b"\n".join(line.rstrip(b"\r") for _, line in chosen) + b"\n",
        )
