"""What the load was answered, and the figures of it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One request.

    Attributes:
        due: when it was to be sent, in seconds since the epoch.
        seconds: from then to the answer's end.
        model: the version that answered, or failed; empty where no model was met.
        failure: AWS's error code or the exception's name; empty where it was answered.
        right: whether the answer names the class of the row.
    """

    due: float
    seconds: float
    model: str
    failure: str
    right: bool


def read_answers(path: Path) -> list[Answer]:
    """In the order in which they were due; a line that is being written is left out."""
    lines = path.read_text().split("\n")[:-1]
    return sorted((Answer(**json.loads(line)) for line in lines), key=lambda one: one.due)


def between(answers: Sequence[Answer], begin: float, end: float) -> list[Answer]:
    """The answers to requests that were due in [begin, end)."""
    return [one for one in answers if begin <= one.due < end]


def percentile(answers: Sequence[Answer], share: float) -> float:
    """Seconds within which this share of the requests was answered, by the nearest rank."""
    ordered = sorted(one.seconds for one in answers)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def failures(answers: Sequence[Answer]) -> Counter[str]:
    """How many failed, by their failure."""
    return Counter(one.failure for one in answers if one.failure)


@dataclass(frozen=True)
class Met:
    """Requests that met a model, in the time in which it took requests.

    Attributes:
        requests: that met it after the first one, from which on the time is counted.
        of: all requests after that one, to the last that met it.
    """

    requests: int
    of: int

    @property
    def share(self) -> float:
        return self.requests / self.of if self.of else 0.0

    def allowance(self, share: float) -> float:
        """How far chance may carry the share beyond the one of the routing: three standard
        deviations of a binomial distribution."""
        return 3 * math.sqrt(share * (1 - share) / self.of) if self.of else 0.0


def met(answers: Sequence[Answer], model: str) -> Met:
    """How many requests met a model, while it took some."""
    numbers = [number for number, one in enumerate(answers) if one.model == model]
    return Met(len(numbers) - 1, numbers[-1] - numbers[0]) if numbers else Met(0, 0)
