"""Refusals: what a user can put right, told without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

SHOWN = 10
MESSAGE_BYTES = 1_000
"""SageMaker keeps the first kilobyte of a processing job's exit message."""


class RefusedError(Exception):
    """Data or arguments that a program cannot work with.

    Attributes:
        faults: every fault found, one sentence each.
    """

    def __init__(self, what: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        shown = [f"  {fault}" for fault in self.faults[:SHOWN]]
        rest = len(self.faults) - len(shown)
        if rest:
            shown.append(f"  and {rest} more")
        super().__init__("\n".join([what, *shown]))


def run(program: Callable[[], None], *, message_file: Path | None = None) -> int:
    """Run a program; answer its exit status.

    A refusal ends as its text on stderr and status 1; where `message_file` is given, as in a
    processing job, its first kilobyte is written there and becomes the job's ExitMessage.
    Anything else is a defect and passes through with its traceback.
    """
    try:
        program()
    except RefusedError as error:
        if message_file is not None:
            message_file.parent.mkdir(parents=True, exist_ok=True)
            text = str(error).encode()[:MESSAGE_BYTES].decode(errors="ignore")
            message_file.write_text(text, encoding="utf-8")
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0
