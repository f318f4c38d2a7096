from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.intake.record import STARTING_MS, Record, RecordTable
from tests.unit.lambdas.intake_doubles import (
    States,
    Topic,
    batch,
    gatherer,
    message,
)
from tests.unit.lambdas.wire import ServiceError

NOW = 1_700_000_000_000


@pytest.fixture
def table(dynamodb: Any, table_name: str) -> RecordTable:
    return RecordTable(dynamodb, table_name)


@pytest.fixture
def states() -> States:
    return States()


@pytest.fixture
def topic() -> Topic:
    return Topic()


def record_of(table: RecordTable, workload: str = "birds") -> Record:
    record = table.get(workload)
    assert record is not None
    return record


def test_a_thousand_events_start_one_run(table: RecordTable, states: States, topic: Topic) -> None:
    gather = gatherer(table, states, topic)
    messages = [message(f"uploads/birds/{i % 10}/{i}.png") for i in range(1000)]
    # SQS delivers out of order, and some messages twice.
    messages += messages[:50]
    random.Random(7).shuffle(messages)

    for i in range(0, len(messages), 100):
        assert gather.gather(batch(messages[i : i + 100]), now=NOW + i) == []

    assert list(states.started.values()) == [{"workload": "birds"}]
    assert record_of(table).events >= 1000
    assert topic.messages == []


def test_each_workload_in_a_batch_has_its_own_execution(
    table: RecordTable, states: States, topic: Topic
) -> None:
    messages = [message("uploads/birds/a/1.png"), message("uploads/cats/a/1.png")]

    assert gatherer(table, states, topic).gather(batch(messages), now=NOW) == []

    assert {each["workload"] for each in states.started.values()} == {"birds", "cats"}


def test_two_functions_at_once_start_one_execution(
    table: RecordTable, states: States, topic: Topic
) -> None:
    class Overtaken(RecordTable):
        """Between noting and claiming, another function does both."""

        def __init__(self) -> None:
            self.__dict__ = table.__dict__
            self.overtaken = False

        def claim(self, record: Record, *, now: int) -> Record | None:
            if not self.overtaken:
                self.overtaken = True
                gatherer(table, states, topic).gather(
                    batch([message("uploads/birds/a/2.png")]), now=now
                )
            return super().claim(record, now=now)

    failed = gatherer(Overtaken(), states, topic).gather(
        batch([message("uploads/birds/a/1.png")]), now=NOW
    )

    assert failed == []
    assert len(states.started) == 1
    assert record_of(table).events == 2


def test_an_execution_that_died_does_not_leave_its_workload_stuck(
    table: RecordTable, states: States, topic: Topic
) -> None:
    gather = gatherer(table, states, topic)
    gather.gather(batch([message("uploads/birds/a/1.png")]), now=NOW)
    dead = record_of(table).lease_until

    gather.gather(batch([message("uploads/birds/a/2.png")]), now=dead - 1)
    assert len(states.started) == 1

    gather.gather(batch([message("uploads/birds/a/3.png")]), now=dead)
    assert len(states.started) == 2
    assert record_of(table).is_held(dead)


def test_a_start_that_is_refused_comes_again_and_then_succeeds(
    table: RecordTable, states: States, topic: Topic
) -> None:
    gather = gatherer(table, states, topic)
    states.refusing = ServiceError("ThrottlingException", "slowly")

    assert gather.gather(batch([message("uploads/birds/a/1.png", "m")]), now=NOW) == ["m"]
    assert not record_of(table).is_held(NOW)

    assert gather.gather(batch([message("uploads/birds/a/1.png", "m")]), now=NOW + 1) == []
    assert len(states.started) == 1


def test_a_start_whose_answer_was_lost_is_not_made_twice(
    table: RecordTable, states: States, topic: Topic
) -> None:
    gather = gatherer(table, states, topic)
    states.losing_answer = True

    assert gather.gather(batch([message("uploads/birds/a/1.png", "m")]), now=NOW) == ["m"]
    assert gather.gather(batch([message("uploads/birds/a/1.png", "m")]), now=NOW + 1) == []

    assert len(states.started) == 1
    assert record_of(table).is_held(NOW + STARTING_MS)


def test_uploads_of_no_workload_give_one_notice_and_do_not_fail_the_batch(
    table: RecordTable, states: States, topic: Topic
) -> None:
    messages = [
        message("uploads/brids/a/1.png"),
        message("uploads/loose.png"),
        message("uploads/birds/a/1.png"),
    ]

    assert gatherer(table, states, topic).gather(batch(messages), now=NOW) == []

    assert len(states.started) == 1
    (notice,) = topic.messages
    assert "2 uploaded objects" in notice
    assert "s3://data/uploads/brids/a/1.png" in notice
    assert "uploads/birds/" in notice
    assert "uploads/cats/" in notice


def test_a_notice_about_very_many_objects_stays_short(
    table: RecordTable, states: States, topic: Topic
) -> None:
    messages = [message(f"uploads/brids/a/{i}.png") for i in range(1000)]

    gatherer(table, states, topic).gather(batch(messages), now=NOW)

    assert "and 980 more" in topic.messages[0]


def test_a_notice_that_is_not_taken_comes_again_alone(
    table: RecordTable, states: States, topic: Topic
) -> None:
    topic.refusing = EndpointConnectionError(endpoint_url="https://sns")
    messages = [message("uploads/brids/1", "lost"), message("uploads/birds/a/1", "good")]

    assert gatherer(table, states, topic).gather(batch(messages), now=NOW) == ["lost"]


def test_one_bad_message_fails_only_itself(
    table: RecordTable, states: States, topic: Topic
) -> None:
    messages = [
        message("uploads/birds/a/1.png", "good"),
        {"messageId": "bad", "body": "{}"},
        {"messageId": "worse", "body": "no json"},
    ]

    assert gatherer(table, states, topic).gather(batch(messages), now=NOW) == ["bad", "worse"]
    assert len(states.started) == 1


@pytest.mark.parametrize("name", ["a b.png", "a+b%20c.png", "größe/猫.png"])
def test_a_key_is_taken_as_it_is(
    table: RecordTable, states: States, topic: Topic, name: str
) -> None:
    gatherer(table, states, topic).gather(batch([message(f"uploads/birds/{name}")]), now=NOW)

    assert list(states.started.values()) == [{"workload": "birds"}]


def test_a_workload_whose_record_never_rests_comes_again(
    table: RecordTable, states: States, topic: Topic
) -> None:
    class Contended(RecordTable):
        def __init__(self) -> None:
            self.__dict__ = table.__dict__

        def claim(self, record: Record, *, now: int) -> Record | None:
            return None

        def get(self, workload: str) -> Record | None:
            return replace(record_of(table), lease_until=0)

    failed = gatherer(Contended(), states, topic).gather(
        batch([message("uploads/birds/a/1.png", "m")]), now=NOW
    )

    assert failed == ["m"]
    assert states.started == {}
