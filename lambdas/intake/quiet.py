"""Whether an upload has come to rest."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.intake.record import MARGIN_MS, Record, RecordTable
from lambdas.intake.settings import QuietSettings

# A state machine's history has room for some 2,700 looks. The wait before each is at least this
# part of what was waited before, which makes 2,200 of them in a week of uploads without rest.
_LOOKS = 250


@dataclass(frozen=True)
class Quiet:
    """Attributes:
    quiet: whether to freeze now.
    wait_seconds: how long to wait otherwise before looking again; at least 1.
    overdue: whether to freeze although objects still come.
    """

    quiet: bool
    wait_seconds: int
    overdue: bool = False


def check_quiet(workload: str, *, table: RecordTable, settings: QuietSettings, now: int) -> Quiet:
    """Look, and hold the record until the next look. `now` in ms since the epoch."""
    record = table.get(workload)
    answer = assess(record, settings=settings, now=now)
    if record is not None:
        table.renew(
            record, until=now + answer.wait_seconds * 1000 + MARGIN_MS, overdue=answer.overdue
        )
    return answer


def assess(record: Record | None, *, settings: QuietSettings, now: int) -> Quiet:
    """Judge a record; without one there is nothing to wait for."""
    if record is None:
        return Quiet(quiet=True, wait_seconds=1)
    rest_ms = record.last_event_at + settings.quiet_seconds * 1000 - now
    limit_ms = record.waiting_since + settings.max_wait_seconds * 1000 - now
    if rest_ms <= 0:
        return Quiet(quiet=True, wait_seconds=1)
    if limit_ms <= 0:
        return Quiet(quiet=True, wait_seconds=1, overdue=True)
    waited_ms = now - record.waiting_since
    wait_ms = min(max(rest_ms, waited_ms // _LOOKS), limit_ms)
    return Quiet(quiet=False, wait_seconds=max(1, -(-wait_ms // 1000)))
