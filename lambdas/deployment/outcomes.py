"""Outcomes of a split's answers, as they lie in S3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.outcomes import Outcome, OutcomeError
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from lambdas.deployment.winner import Tally

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
        for where, line in self._lines(since):
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

    def _lines(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        for page in pages:
            for item in page.get("Contents", []):
                # What was written before the split began cannot tell of its answers.
                if item["LastModified"] < since:
                    continue
                body = self.s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"]
                for number, line in enumerate(body.iter_lines(), start=1):
                    if line.strip():
                        yield f"s3://{self.bucket}/{item['Key']}, line {number}", line
