"""What a user can put right, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 10


class RefusedError(Exception):
    """Data, hyperparameters or a model that cannot be worked with.

    Attributes:
        faults: every fault found, one sentence each.
    """

    def __init__(self, what: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        shown = [f"  {fault}" for fault in self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            shown.append(f"  and {len(self.faults) - _SHOWN} more")
        super().__init__("\n".join([what, *shown]))
