from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lambdas.intake.quiet import assess, check_quiet
from lambdas.intake.record import RecordTable
from lambdas.intake.settings import QuietSettings

SETTINGS = QuietSettings(table_name="unused", quiet_seconds=10, max_wait_seconds=60)
NOW = 1_700_000_000_000


@pytest.fixture
def table(dynamodb: Any, table_name: str) -> RecordTable:
    return RecordTable(dynamodb, table_name)


def claim(table: RecordTable, *, now: int) -> None:
    assert table.claim(table.note("birds", events=1, now=now), now=now) is not None


def test_an_upload_is_quiet_when_nothing_came_for_the_set_time(table: RecordTable) -> None:
    claim(table, now=NOW)

    assert not check_quiet("birds", table=table, settings=SETTINGS, now=NOW + 9_999).quiet
    assert check_quiet("birds", table=table, settings=SETTINGS, now=NOW + 10_000).quiet


@pytest.mark.parametrize(("after_ms", "wait"), [(0, 10), (1, 10), (8_999, 2), (9_999, 1)])
def test_the_wait_ends_no_earlier_than_the_quiet_can(
    table: RecordTable, after_ms: int, wait: int
) -> None:
    claim(table, now=NOW)

    answer = check_quiet("birds", table=table, settings=SETTINGS, now=NOW + after_ms)

    assert (answer.quiet, answer.wait_seconds) == (False, wait)


def test_an_upload_that_never_rests_is_frozen_when_the_longest_wait_is_over(
    table: RecordTable,
) -> None:
    claim(table, now=NOW)
    table.note("birds", events=1, now=NOW + 59_000)

    early = check_quiet("birds", table=table, settings=SETTINGS, now=NOW + 59_500)
    late = check_quiet("birds", table=table, settings=SETTINGS, now=NOW + 60_000)

    assert (early.quiet, early.wait_seconds) == (False, 1)
    assert (late.quiet, late.overdue) == (True, True)
    record = table.get("birds")
    assert record is not None
    assert record.overdue


def test_each_look_holds_the_record_until_well_after_the_next(table: RecordTable) -> None:
    claim(table, now=NOW)

    answer = check_quiet("birds", table=table, settings=SETTINGS, now=NOW + 5_000)

    record = table.get("birds")
    assert record is not None
    assert record.is_held(NOW + 5_000 + answer.wait_seconds * 1000 + 60_000)


def test_without_a_record_there_is_nothing_to_wait_for(table: RecordTable) -> None:
    assert check_quiet("birds", table=table, settings=SETTINGS, now=NOW).quiet
    assert table.get("birds") is None


def test_a_week_of_uploads_without_rest_fits_into_the_history_of_one_execution(
    table: RecordTable,
) -> None:
    week = 7 * 24 * 3600
    settings = QuietSettings(table_name="unused", quiet_seconds=1, max_wait_seconds=week)
    record = table.note("birds", events=1, now=NOW)
    looks, now = 0, NOW
    while not (answer := assess(record, settings=settings, now=now)).quiet:
        looks += 1
        now += answer.wait_seconds * 1000
        record = replace(record, last_event_at=now)

    assert now - NOW == week * 1000
    # Nine events a look; Step Functions ends an execution at 25,000.
    assert looks * 9 < 24_000
