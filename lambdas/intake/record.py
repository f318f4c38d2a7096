"""The record that intake keeps of an upload in the making: one item a workload.

The record exists from the first event of an upload until the upload is frozen. An execution of
the state machine holds it by a lease, which it renews each time it looks. A lease runs out when
its execution died, so that no workload waits for ever for one that is gone. Should two
executions wait for one upload nonetheless, both freeze the same manifest, and the pipeline's
client request token makes one run of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code

STARTING_MS = 90_000
"""Lease of a claim whose execution is not known to run; longer than `gather` may take."""
MARGIN_MS = 10 * 60_000
"""What a lease lasts beyond the moment at which its holder should renew it."""
FREEZING_MS = 15 * 60_000
"""Longer than `freeze` may take."""

_CONDITION_FAILED = "ConditionalCheckFailedException"


@dataclass(frozen=True, kw_only=True)
class Record:
    """An upload in the making. Times are milliseconds since the epoch.

    Attributes:
        first_event_at: when the upload began; with `workload` it names the upload.
        waiting_since: when it began, or was last frozen.
        events: how many objects have come. Any new one changes it.
        lease_until: until when an execution holds the record; 0 if none ever did or if it
            could not be started.
        attempt: how many executions have waited for this upload, the coming one included.
        overdue: whether it is to be frozen although it is not quiet.
    """

    workload: str
    first_event_at: int
    waiting_since: int
    last_event_at: int
    events: int
    lease_until: int
    attempt: int
    overdue: bool

    def is_held(self, now: int) -> bool:
        """Whether an execution waits for this upload."""
        return self.lease_until > now

    @property
    def execution_name(self) -> str:
        """Of the execution that waits: the same for each try to start it."""
        return f"{self.workload}-{self.first_event_at}-{self.attempt}"

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Record:
        """Read a DynamoDB item."""

        def number(name: str, default: int = 0) -> int:
            return int(item[name]["N"]) if name in item else default

        return cls(
            workload=item["workload"]["S"],
            first_event_at=number("first_event_at"),
            waiting_since=number("waiting_since"),
            last_event_at=number("last_event_at"),
            events=number("events"),
            lease_until=number("lease_until"),
            attempt=number("attempt", default=1),
            overdue=item.get("overdue", {}).get("BOOL", False),
        )


class RecordTable:
    """The table of records. Its calls raise botocore's ClientError."""

    def __init__(self, dynamodb: Any, table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def get(self, workload: str) -> Record | None:
        """The record as it is now."""
        answer = self._dynamodb.get_item(
            TableName=self._table_name, Key=_key(workload), ConsistentRead=True
        )
        item = answer.get("Item")
        return Record.from_item(item) if item else None

    def note(self, workload: str, *, events: int, now: int) -> Record:
        """Note that objects have come; makes the record if there is none."""
        answer = self._dynamodb.update_item(
            TableName=self._table_name,
            Key=_key(workload),
            UpdateExpression=(
                "SET last_event_at = :now, "
                "first_event_at = if_not_exists(first_event_at, :now), "
                "waiting_since = if_not_exists(waiting_since, :now) "
                "ADD events :events"
            ),
            ExpressionAttributeValues={":now": _number(now), ":events": _number(events)},
            ReturnValues="ALL_NEW",
        )
        return Record.from_item(answer["Attributes"])

    def claim(self, record: Record, *, now: int) -> Record | None:
        """Take the lease that `record` shows to be free; None if another was faster."""
        attempt = record.attempt + (1 if record.lease_until else 0)
        return self._update(
            record.workload,
            "SET lease_until = :until, attempt = :attempt",
            "first_event_at = :first AND "
            "(attribute_not_exists(lease_until) OR lease_until = :seen)",
            {
                ":until": _number(now + STARTING_MS),
                ":attempt": _number(attempt),
                ":first": _number(record.first_event_at),
                ":seen": _number(record.lease_until),
            },
        )

    def unclaim(self, record: Record) -> None:
        """Give back a lease whose execution was not started; the next try has its name."""
        self._update(
            record.workload,
            "SET lease_until = :none",
            "first_event_at = :first AND attempt = :attempt",
            {":none": _number(0), **_identity(record)},
        )

    def renew(self, record: Record, *, until: int, overdue: bool = False) -> None:
        """Hold the record on. Does nothing if it has gone or is another's."""
        self._update(
            record.workload,
            "SET lease_until = :until, overdue = :overdue",
            "first_event_at = :first AND attempt = :attempt",
            {
                ":until": _number(until),
                ":overdue": {"BOOL": overdue},
                **_identity(record),
            },
        )

    def wait_on(self, record: Record, *, since: int, until: int) -> None:
        """Hold the record on for objects that came while the upload was frozen."""
        self._update(
            record.workload,
            "SET lease_until = :until, waiting_since = :since, overdue = :overdue",
            "first_event_at = :first AND attempt = :attempt",
            {
                ":until": _number(until),
                ":since": _number(since),
                ":overdue": {"BOOL": False},
                **_identity(record),
            },
        )

    def finish(self, record: Record) -> bool:
        """Remove the record unless objects have come since it was read.

        Returns:
            False if there are such objects and it is for the caller to wait for them.
        """
        try:
            self._dynamodb.delete_item(
                TableName=self._table_name,
                Key=_key(record.workload),
                ConditionExpression="first_event_at = :first AND events = :events",
                ExpressionAttributeValues={
                    ":first": _number(record.first_event_at),
                    ":events": _number(record.events),
                },
            )
        except ClientError as error:
            if error_code(error) != _CONDITION_FAILED:
                raise
            current = self.get(record.workload)
            return current is None or _identity(current) != _identity(record)
        return True

    def forget(self, workload: str) -> None:
        """Remove the record, whatever it says."""
        self._dynamodb.delete_item(TableName=self._table_name, Key=_key(workload))

    def _update(
        self, workload: str, update: str, condition: str, values: Mapping[str, Any]
    ) -> Record | None:
        """The record after an update, or None where the condition does not hold."""
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table_name,
                Key=_key(workload),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=dict(values),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error_code(error) != _CONDITION_FAILED:
                raise
            return None
        return Record.from_item(answer["Attributes"])


def _key(workload: str) -> dict[str, Any]:
    return {"workload": {"S": workload}}


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _identity(record: Record) -> dict[str, Any]:
    """Which execution of which upload holds the record."""
    return {":first": _number(record.first_event_at), ":attempt": _number(record.attempt)}
