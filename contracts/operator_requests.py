"""What operators and schedules ask of the deployment's state machine, beside approvals.

    {"action": "roll_back"}                what served before the champion takes its place
    {"action": "roll_back", "to": "3"}     version 3, one of the champion record's history
    {"action": "pause"}                    delete the endpoint, outside the hours that it is for
    {"action": "resume"}                   make the endpoint again, with the champion

Those about a split of the requests are in `contracts.traffic_split`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.traffic_split import ACTION, JUDGE

ROLL_BACK = "roll_back"
PAUSE = "pause"
RESUME = "resume"

EXECUTION_NAMES = ("shift", "end", JUDGE, "roll-back", "pause", "resume")
"""With these, a hyphen and more the executions that operators and schedules start are named; no
other execution is of an operator, and none of these takes the place of an approval that waits."""


class OperatorRequestError(ValueError):
    """What is asked is not of one of the forms above."""


@dataclass(frozen=True, slots=True)
class RollBackRequest:
    """Let an earlier deployment serve again: version `to`, or the one before the champion."""

    to: int | None = None

    def as_input(self) -> dict[str, Any]:
        """Input of the state machine's execution."""
        return {ACTION: ROLL_BACK, **({} if self.to is None else {"to": str(self.to)})}

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> RollBackRequest:
        """Read an execution's input. Raises OperatorRequestError."""
        to = document.get("to")
        if to is None:
            return cls()
        text = str(to) if isinstance(to, int) and not isinstance(to, bool) else to
        if not isinstance(text, str) or not text.isascii() or not text.isdigit() or not int(text):
            raise OperatorRequestError(
                f"to: {to!r} is no version of a model package; allowed is a number from 1 up, such "
                'as "3", or no `to` for what served before'
            )
        return cls(int(text))
