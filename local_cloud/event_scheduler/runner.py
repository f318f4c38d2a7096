"""Fires what is due, with the role of each schedule.

What came due while the local cloud was down is not made up for, since a morning's start and an
evening's stop would come together; a one-time schedule that was missed comes late.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.event_scheduler.invocation import call
from local_cloud.event_scheduler.requests import PRINCIPAL
from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.service import Session, Tasks
from local_cloud.sagemaker.store import Store
from local_cloud.schedules.expression import Schedule, parse

FIRED = "fired-schedule"
"""Kind in the store: one-time schedules that have been fired."""

logger = logging.getLogger("local_cloud.event_scheduler")
Record = dict[str, Any]


class Records(Protocol):
    def all(self) -> list[Record]: ...

    def delete(self, name: str, group: str) -> None: ...


class RoleCredentials(Protocol):
    def as_role(self, role_arn: str, *, session_name: str, principal: str = ...) -> Session: ...


class Runner:
    def __init__(
        self,
        *,
        records: Records,
        store: Store,
        credentials: RoleCredentials,
        tasks: Tasks,
        clock: Callable[[], float] = time.time,
        time_scale: float = 1.0,
    ) -> None:
        self._records = records
        self._store = store
        self._credentials = credentials
        self._tasks = tasks
        self._clock = clock
        self._time_scale = time_scale
        self._since = clock()
        # Schedule's ARN -> until when it has been looked at.
        self._considered: dict[str, float] = {}

    def look(self) -> None:
        """One round; a schedule that fails holds up no other."""
        for record in self._records.all():
            try:
                self._look_at(record, self._clock())
            except Exception:
                logger.exception("schedule %s could not be looked at", record.get("Arn"))

    def _look_at(self, record: Record, now: float) -> None:
        arn = record["Arn"]
        schedule = parse(
            record["ScheduleExpression"],
            timezone=record.get("ScheduleExpressionTimezone") or "UTC",
            anchor=float(record.get("StartDate") or record["CreationDate"]),
            time_scale=self._time_scale,
        )
        moment = self._due(record, schedule, now)
        self._considered[arn] = now
        if moment is not None and record["State"] == "ENABLED":
            self._fire(record, moment)
            if schedule.once:
                self._store.create(FIRED, _key(record), {"At": now})
        elif not _over(record, schedule, now):
            return
        if record.get("ActionAfterCompletion") == "DELETE" and _over(record, schedule, now):
            self._records.delete(record["Name"], record["GroupName"])

    def _due(self, record: Record, schedule: Schedule, now: float) -> float | None:
        """The moment that it is due at; None where it is not."""
        if schedule.once:
            if self._store.find(FIRED, _key(record)) is not None:
                return None
            after = self._considered.get(record["Arn"], float(record["CreationDate"]) - 1)
        else:
            after = self._considered.get(record["Arn"], max(self._since, record["CreationDate"]))
        start, end = record.get("StartDate"), record.get("EndDate")
        moment = schedule.next_after(max(after, float(start or 0.0) - 1))
        if moment is None or moment > now or (end is not None and moment > float(end)):
            return None
        return moment

    def _fire(self, record: Record, moment: float) -> None:
        target, arn, execution_id = record["Target"], record["Arn"], str(uuid.uuid4())

        def work() -> None:
            try:
                wanted = call(
                    target, schedule_arn=arn, scheduled_at=moment, execution_id=execution_id
                )
                session = self._credentials.as_role(
                    target["RoleArn"], session_name=execution_id, principal=PRINCIPAL
                )
                getattr(session.client(wanted.service), wanted.method)(**wanted.request)
            except (ApiError, BotoCoreError, ClientError) as error:
                logger.error("schedule %s did not reach %s: %s", arn, target["Arn"], error)
            else:
                logger.info("schedule %s fired for %s", arn, target["Arn"])

        self._tasks.start(f"schedule {record['Name']}", work)


def _over(record: Record, schedule: Schedule, now: float) -> bool:
    """Whether it comes no more."""
    end = record.get("EndDate")
    return schedule.next_after(now) is None or (end is not None and now > float(end))


def _key(record: Record) -> str:
    """Another expression is another schedule."""
    return f"{record['Arn']}|{record['CreationDate']}|{record['ScheduleExpression']}"
