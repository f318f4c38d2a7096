"""MiniStack's CloudWatch: its stores of metrics and alarms, and the evaluation put in its place."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Points = list[dict[str, Any]]


@dataclass(frozen=True)
class Metric:
    """What identifies a metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        return Metric(namespace, name, tuple(sorted(dimensions.items())))


@dataclass(frozen=True)
class CloudWatch:
    """Metrics and alarms of one account and region.

    Any thread may use it. MiniStack appends to a metric's list and never takes from it once
    :func:`replace_evaluation` has run, which is what :meth:`rewrite` relies on.
    """

    account_id: str
    region: str

    def record(self, metric: Metric, values: Mapping[float, float], unit: str) -> None:
        """Values that were seen now, each with how often, as PutMetricData's Values and Counts."""
        from ministack.services import cloudwatch

        with self._scope():
            cloudwatch._store_datum(
                metric.namespace,
                metric.name,
                dict(metric.dimensions),
                time.time(),
                unit,
                None,
                list(values),
                list(values.values()),
                None,
            )

    def points(self, metric: Metric) -> Points:
        """What the store has of the metric: of exactly these dimensions."""
        from ministack.services import cloudwatch

        with self._scope():
            key = (metric.namespace, metric.name, cloudwatch._dims_key(dict(metric.dimensions)))
            return list(cloudwatch._metrics.get(key) or ())

    def rewrite(self, change: Callable[[Sequence[dict[str, Any]]], Points]) -> None:
        """Give each metric the points that ``change`` makes of what it has; an empty one goes."""
        from ministack.services import cloudwatch

        with self._scope():
            for key, stored in cloudwatch._metrics.items():
                known = len(stored)
                # In place and in one step: what is appended meanwhile lies behind and stays.
                stored[:known] = change(stored[:known])
                if not stored:
                    cloudwatch._metrics.pop(key, None)

    def metric_alarms(self) -> list[dict[str, Any]]:
        """MiniStack's own records, which :meth:`set_state` changes."""
        from ministack.services import cloudwatch

        with self._scope():
            return list(cloudwatch._alarms.values())

    def states(self, names: Iterable[str]) -> dict[str, str]:
        """The state of each metric or composite alarm of these names that there is."""
        from ministack.services import cloudwatch

        with self._scope():
            found = {
                name: cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
                for name in names
            }
        return {name: alarm["StateValue"] for name, alarm in found.items() if alarm}

    def set_state(self, alarm: dict[str, Any], state: str, reason: str) -> None:
        """As an evaluation does: history, actions and composite alarms follow a new state."""
        from ministack.services import cloudwatch

        with self._scope():
            before = alarm["StateValue"]
            alarm["StateReason"] = reason
            if before == state:
                return
            alarm["StateValue"] = state
            alarm["StateUpdatedTimestamp"] = int(time.time())
            cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
            cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
            cloudwatch._evaluate_parent_alarms(alarm)

    @contextlib.contextmanager
    def _scope(self) -> Iterator[None]:
        from ministack.core import responses

        with responses.request_scope(self.account_id, self.region):
            yield


def name_described_alarms() -> None:
    """Evaluate DescribeAlarms for the alarm that it names, as AWS does: MiniStack evaluates it
    for "*". Of several names the first is evaluated."""
    from ministack.core import iam_actions

    extract = iam_actions.extract_resource_arn

    @functools.wraps(extract)
    def extract_or_alarm(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query: Any,
        region: str,
        account_id: str,
    ) -> Any:
        found = extract(service, method, path, headers, body, query, region, account_id)
        if service != "monitoring" or found != "*":
            return found
        name = first_alarm_name(headers, body)
        return f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{name}" if name else found

    setattr(iam_actions, "extract_resource_arn", extract_or_alarm)  # noqa: B010 - not for mypy


def first_alarm_name(headers: Mapping[str, str], body: bytes) -> str | None:
    """The first name in a DescribeAlarms request, in whichever protocol it comes."""
    if "json" in headers.get("content-type", ""):
        request: Any = json.loads(body or b"{}")
    else:
        form = parse_qs(body.decode(errors="replace"))
        request = {"AlarmNames": form.get("AlarmNames.member.1", [])}
    names = request.get("AlarmNames") if isinstance(request, dict) else None
    return str(names[0]) if names else None


def replace_evaluation() -> None:
    """Leave alarms and old data to the local cloud's own CloudWatch.

    MiniStack evaluates an alarm over the points of all dimensions, whatever its periods and its
    treatment of missing data, and at each call goes through every point that it has.
    """
    from ministack.services import cloudwatch

    setattr(cloudwatch, "_evaluate_alarm", lambda _alarm: None)  # noqa: B010 - not for mypy
    setattr(cloudwatch, "_evict_old_metrics", lambda: None)  # noqa: B010 - not for mypy
