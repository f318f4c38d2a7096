"""Outcomes of a split's answers, as they lie in S3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.outcomes import Outcome, OutcomeError
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from lambdas.deployment.winner import Tally
from lambdas.shared.json_lines import lines_since

_FAULTS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What is known of a split's answers.

    Attributes:
        faults: lines that could not be read, the first few, for people.
        unread: how many lines could not be read.
    """

    old: Tally
    new: Tally
    faults: tuple[str, ...]
    unread: int


@dataclass(frozen=True, kw_only=True)
class OutcomeStore:
    """Files of JSON lines under a prefix (contracts.outcomes). `s3` is a boto3 client."""

    s3: Any
    bucket: str
    prefix: str

    def read(self, *, since: datetime) -> Outcomes:
        """Outcomes of what was answered since then, each answer once.

        A line that cannot be read is told of and left out: the others are as true without it.

        Raises:
            ClientError: S3 refuses.
        """
        seen: set[str] = set()
        counts = {OLD_VARIANT: [0, 0], NEW_VARIANT: [0, 0]}
        faults: list[str] = []
        unread = 0
        # What was written before the split began cannot tell of its answers.
        for where, line in lines_since(self.s3, self.bucket, self.prefix, since=since):
            try:
                outcome = Outcome.parse(line)
            except OutcomeError as error:
                unread += 1
                if len(faults) < _FAULTS_SHOWN:
                    faults.append(f"{where}: {error}")
                continue
            if outcome.time < since or outcome.variant not in counts or outcome.id in seen:
                continue
            seen.add(outcome.id)
            counts[outcome.variant][0 if outcome.good else 1] += 1
        return Outcomes(
            old=Tally(*counts[OLD_VARIANT]),
            new=Tally(*counts[NEW_VARIANT]),
            faults=tuple(faults),
            unread=unread,
        )
