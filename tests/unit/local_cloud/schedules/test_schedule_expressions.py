from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_cloud.schedules.expression import iso, parse

MONDAY = datetime(2026, 3, 2, 7, 59, 30, tzinfo=UTC).timestamp()


def times(
    expression: str, count: int = 2, *, zone: str = "UTC", after: float = MONDAY
) -> list[str]:
    schedule, found = parse(expression, timezone=zone, anchor=MONDAY), []
    for _ in range(count):
        moment = schedule.next_after(after)
        if moment is None:
            break
        found.append(iso(moment))
        after = moment
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 8 * * ? *)", ["2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"]),
        ("cron(0 8 ? * MON-FRI *)", ["2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"]),
        ("cron(0/20 7-8 ? * 2 *)", ["2026-03-02T08:00:00Z", "2026-03-02T08:20:00Z"]),
        ("cron(15 10 L * ? *)", ["2026-03-31T10:15:00Z", "2026-04-30T10:15:00Z"]),
        ("cron(0 0 LW * ? *)", ["2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"]),
        ("cron(0 0 15W * ? *)", ["2026-03-16T00:00:00Z", "2026-04-15T00:00:00Z"]),
        ("cron(0 0 ? * MON#1 *)", ["2026-04-06T00:00:00Z", "2026-05-04T00:00:00Z"]),
        ("cron(0 0 ? * FRIL *)", ["2026-03-27T00:00:00Z", "2026-04-24T00:00:00Z"]),
        ("cron(0 0 29 FEB ? *)", ["2028-02-29T00:00:00Z"]),
        ("cron(0 0 1 1 ? 2027,2029)", ["2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z"]),
        ("rate(5 minutes)", ["2026-03-02T08:04:30Z", "2026-03-02T08:09:30Z"]),
        ("rate(1 day)", ["2026-03-03T07:59:30Z", "2026-03-04T07:59:30Z"]),
        ("at(2026-03-02T08:00:00)", ["2026-03-02T08:00:00Z"]),
        ("at(2026-03-01T08:00:00)", []),
    ],
)
def test_an_expression_comes_due_when_aws_says(expression: str, expected: list[str]) -> None:
    assert times(expression)[: len(expected)] == expected
    assert expected or times(expression) == []


def test_wall_clock_times_are_those_of_the_time_zone() -> None:
    assert times("cron(0 8 * * ? *)", 1, zone="Europe/Berlin") == ["2026-03-03T07:00:00Z"]
    assert times("at(2026-03-02T09:30:00)", zone="Europe/Berlin") == ["2026-03-02T08:30:00Z"]


def test_a_time_that_the_clock_skips_does_not_come_and_one_shown_twice_comes_once() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp()
    assert times("cron(30 2 * * ? *)", 2, zone="Europe/Berlin", after=spring) == [
        "2026-03-30T00:30:00Z",
        "2026-03-31T00:30:00Z",
    ]
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp()
    assert times("cron(30 2 * * ? *)", 2, zone="Europe/Berlin", after=autumn) == [
        "2026-10-25T00:30:00Z",
        "2026-10-26T01:30:00Z",
    ]


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("every day", "none of cron"),
        ("cron(0 8 * * *)", "6 fields, not 5"),
        ("cron(0 8 * * * *)", "must be \\?"),
        ("cron(0 25 * * ? *)", "hours: '25' is not within 0 to 23"),
        ("cron(0 8 ? * FUNDAY *)", "day-of-week: 'FUNDAY' is not understood"),
        ("cron(0 8 40 * ? *)", "day-of-month: '40' is not within"),
        ("rate(0 minutes)", "rate takes a number of 1 or more"),
        ("rate(5 fortnights)", "rate takes"),
        ("at(tomorrow)", "at takes yyyy-mm-ddThh:mm:ss"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(expression: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse(expression)


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone 'Mars/Olympus'"):
        parse("rate(1 day)", timezone="Mars/Olympus")
