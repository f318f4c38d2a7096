"""Why a training job of the built-in XGBoost fails."""

from __future__ import annotations

from collections.abc import Sequence


class UserError(Exception):
    """What the user can put right: every fault that was found, in the container's words."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


class TrainingError(Exception):
    """XGBoost itself could not train."""
