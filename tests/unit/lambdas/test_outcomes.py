"""Outcomes are counted once each, from the begin of the split on, whatever else lies there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.outcomes import Outcome
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from lambdas.deployment.outcomes import Outcomes, OutcomeStore
from lambdas.deployment.winner import Tally

BEGIN = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Lines:
    """The body of an S3 object."""

    def __init__(self, content: str) -> None:
        self._content = content

    def iter_lines(self) -> Iterator[bytes]:
        yield from (line.rstrip(b"\n") for line in io.BytesIO(self._content.encode()))


class S3:
    """Files with the times of their writing."""

    def __init__(self, **files: tuple[datetime, str]) -> None:
        self._files = files

    def get_paginator(self, name: str) -> S3:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        assert asked == {"Bucket": "data", "Prefix": "outcomes/churn/"}
        return [
            {"Contents": [{"Key": key, "LastModified": self._files[key][0]}]} for key in self._files
        ] or [{}]

    def get_object(self, **asked: str) -> dict[str, Any]:
        return {"Body": Lines(self._files[asked["Key"]][1])}


def line(id_: str, variant: str, good: bool, after: timedelta = timedelta(hours=1)) -> str:
    return Outcome(id=id_, variant=variant, good=good, time=BEGIN + after).to_line() + "\n"


def read(**files: tuple[datetime, str]) -> Outcomes:
    store = OutcomeStore(s3=S3(**files), bucket="data", prefix="outcomes/churn/")
    return store.read(since=BEGIN)


def test_outcomes_are_counted_by_model() -> None:
    content = (
        line("a", OLD_VARIANT, True)
        + line("b", OLD_VARIANT, False)
        + "\n"
        + line("c", NEW_VARIANT, True)
    )
    found = read(file=(BEGIN + timedelta(hours=2), content))
    assert (found.old, found.new) == (Tally(1, 1), Tally(1, 0))


def test_an_answer_that_is_told_of_twice_counts_once() -> None:
    later = BEGIN + timedelta(hours=2)
    again = line("a", OLD_VARIANT, True)
    assert read(one=(later, again), two=(later, again)).old == Tally(1, 0)


def test_answers_from_before_the_split_do_not_count() -> None:
    before = line("a", NEW_VARIANT, True, after=-timedelta(hours=1))
    found = read(
        late=(BEGIN + timedelta(hours=2), before),
        early=(BEGIN - timedelta(hours=1), line("b", NEW_VARIANT, True)),
    )
    assert found.new == Tally(0, 0)


def test_a_line_that_cannot_be_read_is_named_and_left_out() -> None:
    found = read(file=(BEGIN + timedelta(hours=2), "nothing\n" + line("a", OLD_VARIANT, True)))
    assert found.old == Tally(1, 0)
    assert found.unread == 1
    assert "s3://data/file, line 1" in found.faults[0]


def test_nothing_is_known_where_nothing_lies() -> None:
    assert read().new == Tally(0, 0)
