"""When a schedule expression comes due.

``cron(...)`` and ``at(...)`` are wall-clock times of the schedule's time zone. A time that the
clock skips in spring does not come; one that it shows twice in autumn comes once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_cloud.schedules import cron

SHAPE = re.compile(r"^(cron|rate|at)\((.+)\)$")
UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Schedule(Protocol):
    @property
    def once(self) -> bool:
        """Whether it comes due one time only."""

    def next_after(self, moment: float) -> float | None:
        """The first time it comes due later than ``moment``, in epoch seconds; None for never."""


@dataclass(frozen=True)
class Cron:
    fields: cron.Cron
    zone: ZoneInfo
    once = False

    def next_after(self, moment: float) -> float | None:
        # The day before: a wall-clock time that is shown twice belongs to its first showing.
        first = datetime.fromtimestamp(moment, self.zone).date() - timedelta(days=1)
        for wall in self.fields.times_from(first):
            instant = wall.replace(tzinfo=self.zone).timestamp()
            shown = datetime.fromtimestamp(instant, self.zone).replace(tzinfo=None) == wall
            if shown and instant > moment:
                return instant
        return None


@dataclass(frozen=True)
class Rate:
    """``anchor`` (epoch seconds) is what it counts from."""

    seconds: float
    anchor: float
    once = False

    def next_after(self, moment: float) -> float | None:
        passed = max(0.0, moment - self.anchor) // self.seconds
        return self.anchor + (passed + 1) * self.seconds


@dataclass(frozen=True)
class At:
    instant: float
    once = True

    def next_after(self, moment: float) -> float | None:
        return self.instant if self.instant > moment else None


def parse(
    expression: str, *, timezone: str = "UTC", anchor: float = 0.0, time_scale: float = 1.0
) -> Schedule:
    """``time_scale`` makes rates come so many times as often; clock times stay.

    Raises ValueError that says what is wrong and what is allowed.
    """
    zone = _zone(timezone)
    match = SHAPE.match(expression.strip())
    if match is None:
        raise ValueError(f"'{expression}' is none of cron(...), rate(...) and at(...)")
    kind, content = match.groups()
    if kind == "cron":
        return Cron(cron.parse(content), zone)
    if kind == "rate":
        return Rate(_rate(content) / time_scale, anchor)
    try:
        at = datetime.strptime(content, "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise ValueError(f"at takes yyyy-mm-ddThh:mm:ss, not '{content}'") from error
    return At(at.replace(tzinfo=zone).timestamp())


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"there is no time zone '{name}'") from error


def _rate(content: str) -> int:
    number, _, unit = content.strip().partition(" ")
    singular = unit.removesuffix("s")
    if not number.isdigit() or int(number) < 1 or singular not in UNIT_SECONDS:
        raise ValueError(
            f"rate takes a number of 1 or more and minute(s), hour(s) or day(s), not '{content}'"
        )
    return int(number) * UNIT_SECONDS[singular]


def iso(moment: float) -> str:
    """As AWS writes a time of day in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
