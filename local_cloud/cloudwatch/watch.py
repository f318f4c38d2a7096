"""The background work of the local CloudWatch: collect, evaluate, roll up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from local_cloud.cloudwatch.evaluation import evaluate
from local_cloud.cloudwatch.retention import rolled_up
from local_cloud.ministack_bridge.cloudwatch import Metric, Points

logger = logging.getLogger("local_cloud.cloudwatch")
TICK_SECONDS = 1.0
ROLL_UP_SECONDS = 10.0
HELD_SECONDS = 10.0
"""How long a state set by SetAlarmState stays, for an alarm of a longer period: on AWS it stays
until the next evaluation, which is a period away at most."""
_NEW = "Unchecked: Initial alarm creation"


class AlarmsAndMetrics(Protocol):
    """What :class:`local_cloud.ministack_bridge.cloudwatch.CloudWatch` is."""

    def points(self, metric: Metric) -> Points: ...

    def rewrite(self, change: Callable[[Sequence[dict[str, Any]]], Points]) -> None: ...

    def metric_alarms(self) -> list[dict[str, Any]]: ...

    def set_state(self, alarm: dict[str, Any], state: str, reason: str) -> None: ...


class Watch:
    """Looks at all alarms and metrics once a tick."""

    def __init__(self, cloudwatch: AlarmsAndMetrics, sources: Sequence[Callable[[], None]]) -> None:
        """``sources`` each put what they have counted since the last tick into the metrics."""
        self._cloudwatch = cloudwatch
        self._sources = sources
        self._seen: dict[str, str] = {}
        self._held: dict[str, float] = {}
        self._roll_up_at = 0.0

    def run(self, stopping: Callable[[], bool]) -> None:
        """Tick until the local cloud stops; one fault does not end it."""
        while not stopping():
            time.sleep(TICK_SECONDS)
            try:
                self.tick(time.time())
            except Exception:
                logger.exception("the local CloudWatch missed a tick")

    def tick(self, now: float) -> None:
        for collect in self._sources:
            collect()
        alarms = self._cloudwatch.metric_alarms()
        there = {alarm["AlarmName"] for alarm in alarms}
        self._seen = {name: state for name, state in self._seen.items() if name in there}
        for alarm in alarms:
            self._look_at(alarm, now)
        if now >= self._roll_up_at:
            self._roll_up_at = now + ROLL_UP_SECONDS
            self._cloudwatch.rewrite(lambda points: rolled_up(points, now))

    def _look_at(self, alarm: dict[str, Any], now: float) -> None:
        # An alarm of metric math has no metric of its own.
        if not alarm.get("Namespace") or not alarm.get("MetricName") or self._holds(alarm, now):
            return
        dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
        metric = Metric.of(alarm["Namespace"], alarm["MetricName"], dimensions)
        verdict = evaluate(alarm, self._cloudwatch.points(metric), now)
        if verdict.state != alarm["StateValue"]:
            self._cloudwatch.set_state(alarm, verdict.state, verdict.reason)
        self._seen[alarm["AlarmName"]] = verdict.state

    def _holds(self, alarm: dict[str, Any], now: float) -> bool:
        """Whether someone set the alarm's state by hand a moment ago."""
        name, state = alarm["AlarmName"], alarm["StateValue"]
        made_anew = alarm["StateReason"].startswith(_NEW)
        if self._seen.get(name, state) != state and not made_anew:
            self._seen[name] = state
            self._held[name] = now + min(HELD_SECONDS, alarm["Period"])
        return now < self._held.get(name, 0.0)
