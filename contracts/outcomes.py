"""What became of answers: how good each model of a split turned out to be.

Whoever asked the endpoint learns later whether the answer was right (a customer left, a label
came). They put files of JSON lines under `outcomes/<workload>/` of the data bucket, one line an
answer, in any order and as often as they like:

    {"id": "0b9c…", "variant": "Challenger", "good": true, "time": "2026-05-04T12:00:00Z"}

| member | what |
|---|---|
| `id` | of the request, such as its InferenceId; an answer that is told of twice counts once |
| `variant` | who answered: the header `x-Amzn-Invoked-Production-Variant` of InvokeEndpoint |
| `good` | whether the answer turned out to be right or useful |
| `time` | when it was answered, ISO 8601 with its offset from UTC |
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PREFIX = "outcomes/"


class OutcomeError(ValueError):
    """A line that is not of the form above."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one answer; `time` has an offset from UTC."""

    id: str
    variant: str
    good: bool
    time: datetime

    def to_line(self) -> str:
        """The outcome as a file has it, without the line's end."""
        return json.dumps(
            {
                "id": self.id,
                "variant": self.variant,
                "good": self.good,
                "time": self.time.isoformat(),
            }
        )

    @classmethod
    def parse(cls, line: str | bytes) -> Outcome:
        """Read a line. Raises OutcomeError that names every fault; further members are left out."""
        try:
            document = json.loads(line)
        except ValueError as error:
            raise OutcomeError(f"it is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise OutcomeError(f"it is a JSON {type(document).__name__}, not an object")
        time, faults = _time(document.get("time"))
        for name in ("id", "variant"):
            if not isinstance(document.get(name), str) or not document[name]:
                faults.append(f"{name}: expected a text, got {document.get(name)!r}")
        if not isinstance(document.get("good"), bool):
            faults.append(f"good: expected true or false, got {document.get('good')!r}")
        if faults or time is None:
            raise OutcomeError("; ".join(faults))
        return cls(id=document["id"], variant=document["variant"], good=document["good"], time=time)


def outcomes_prefix(workload: str) -> str:
    """Where outcomes of a workload's answers are put; ends with a slash."""
    return f"{PREFIX}{workload}/"


def _time(value: Any) -> tuple[datetime | None, list[str]]:
    wrong = f"time: expected one such as 2026-05-04T12:00:00Z, got {value!r}"
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None, [wrong]
    return (found, []) if found.tzinfo else (None, [f"{wrong}, which has no offset from UTC"])
