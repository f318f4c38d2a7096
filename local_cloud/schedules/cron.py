"""AWS's cron: ``cron(minutes hours day-of-month month day-of-week year)``.

Fields and wildcards: "Cron-based schedules" of the EventBridge Scheduler user guide.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
LAST_YEAR = 2199
SEARCHED_DAYS = 4 * 366
"""A date of the 29th of February is found, one that never comes is given up."""


@dataclass(frozen=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]

    def times_from(self, first: date) -> Iterator[datetime]:
        """The wall-clock times, in order, from the beginning of that day on."""
        for offset in range(SEARCHED_DAYS):
            day = first + timedelta(days=offset)
            if not self._falls_on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    yield datetime.combine(day, time(hour, minute))

    def _falls_on(self, day: date) -> bool:
        if day.month not in self.months or day.year not in self.years:
            return False
        if self.days == "?":
            return any(_is_weekday(part, day) for part in self.weekdays.split(","))
        return any(_is_day(part, day) for part in self.days.split(","))


def parse(fields: str) -> Cron:
    """Raises ValueError that says which field is wrong."""
    parts = fields.upper().split()
    if len(parts) != 6:
        raise ValueError(f"cron takes 6 fields, not {len(parts)}: '{fields}'")
    minutes, hours, days, months, weekdays, years = parts
    if (days == "?") == (weekdays == "?"):
        raise ValueError("one of day-of-month and day-of-week must be ?, and not both")
    cron = Cron(
        minutes=_numbers("minutes", minutes, 0, 59),
        hours=_numbers("hours", hours, 0, 23),
        days=days,
        months=_numbers("month", months, 1, 12, MONTHS),
        weekdays=weekdays,
        years=_numbers("year", years, 1970, LAST_YEAR),
    )
    _check_days(days, weekdays)
    return cron


def _check_days(days: str, weekdays: str) -> None:
    probe = date(2024, 2, 29)
    for part in [] if days == "?" else days.split(","):
        _is_day(part, probe)
    for part in [] if weekdays == "?" else weekdays.split(","):
        _is_weekday(part, probe)


def _is_day(part: str, day: date) -> bool:
    """One part of day-of-month: numbers, ``L`` (the last), ``LW``, ``15W`` (nearest weekday)."""
    last = calendar.monthrange(day.year, day.month)[1]
    if part == "L":
        return day.day == last
    if part == "LW":
        return day == _nearest_weekday(day.replace(day=last))
    if part.endswith("W"):
        (number,) = _numbers("day-of-month", part[:-1], 1, 31)
        return number <= last and day == _nearest_weekday(day.replace(day=number))
    return day.day in _numbers("day-of-month", part, 1, 31)


def _nearest_weekday(day: date) -> date:
    """Within the same month."""
    candidates = [day + timedelta(days=offset) for offset in (0, -1, 1, -2, 2)]
    return next(one for one in candidates if one.month == day.month and one.weekday() < 5)


def _is_weekday(part: str, day: date) -> bool:
    """One part of day-of-week: SUN or 1 to SAT or 7, ``L``, ``FRIL`` or ``6L`` (the month's last
    Friday), ``MON#2`` (its second Monday)."""
    number = day.isoweekday() % 7 + 1
    if part == "L":
        return number == WEEKDAYS["SAT"]
    if part.endswith("L") and part not in WEEKDAYS:
        last = calendar.monthrange(day.year, day.month)[1]
        return number in _weekdays(part[:-1]) and day.day + 7 > last
    if "#" in part:
        name, _, nth = part.partition("#")
        (wanted,) = _numbers("day-of-week", nth, 1, 5)
        return number in _weekdays(name) and (day.day - 1) // 7 + 1 == wanted
    return number in _weekdays(part)


def _weekdays(part: str) -> frozenset[int]:
    return _numbers("day-of-week", part, 1, 7, WEEKDAYS)


def _numbers(
    field: str, text: str, low: int, high: int, names: Mapping[str, int] | None = None
) -> frozenset[int]:
    """What a field of commas, ranges, steps and names stands for."""
    found: set[int] = set()
    for part in text.split(","):
        base, _, step = part.partition("/")
        first, _, last = base.partition("-")
        try:
            start = low if base == "*" else _number(first, names)
            end = high if base == "*" or (step and not last) else _number(last or first, names)
            numbers = range(start, end + 1, int(step or 1))
        except ValueError as error:
            raise ValueError(f"{field}: '{part}' is not understood") from error
        if not numbers or numbers[0] < low or numbers[-1] > high:
            raise ValueError(f"{field}: '{part}' is not within {low} to {high}")
        found.update(numbers)
    return frozenset(found)


def _number(text: str, names: Mapping[str, int] | None) -> int:
    return names[text] if names and text in names else int(text)
