"""When something happens again and again: cron expressions and time zones."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints

CRON = "cron(<minutes> <hours> <day of month> <month> <day of week> <year>), such as"

_FIELD = re.compile(r"^[0-9A-Za-z*?,/#-]+$")
_FIELDS = 6


def _cron(expression: str) -> str:
    """EventBridge Scheduler and Application Auto Scaling take the same six fields."""
    if not (expression.startswith("cron(") and expression.endswith(")")):
        raise ValueError("is no cron(…) expression")
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    if len(fields) != _FIELDS:
        raise ValueError(
            f"has {len(fields)} fields; AWS's cron has {_FIELDS}, the last of them the year"
        )
    wrong = [field for field in fields if not _FIELD.match(field)]
    if wrong:
        raise ValueError(f"has {' and '.join(wrong)}, which no field of a cron expression may be")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError("needs ? as the day of the month or as the day of the week, not as both")
    return expression


def _time_zone(name: str) -> str:
    # A machine without time zone data knows none; AWS checks the name once more.
    known = available_timezones()
    if known and name not in known:
        raise ValueError("is no time zone of the IANA database")
    return name


Cron = Annotated[str, AfterValidator(_cron)]
TimeZone = Annotated[
    str, StringConstraints(min_length=1, max_length=50), AfterValidator(_time_zone)
]
