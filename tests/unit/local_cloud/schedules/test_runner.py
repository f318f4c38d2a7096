from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_cloud.event_scheduler.runner import Runner
from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.store import Store

# Monday, 2026-03-02, 07:59:30 in UTC.
MONDAY = 1772438370.0
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:stop"


@dataclass
class World:
    """Schedules, roles and clients in memory, with a clock that a test turns."""

    store: Store
    now: float = MONDAY
    schedules: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    refused: bool = False
    stopping: bool = False

    def all(self) -> list[dict[str, Any]]:
        return [dict(one) for one in self.schedules]

    def delete(self, name: str, group: str) -> None:
        assert group == "default"
        self.schedules = [one for one in self.schedules if one["Name"] != name]

    def start(self, name: str, work: Callable[[], None]) -> None:
        work()

    def as_role(self, role_arn: str, *, session_name: str, principal: str = "") -> Any:
        if self.refused:
            raise ValidationException(f"Could not assume role {role_arn}.")
        assert principal == "scheduler.amazonaws.com"
        return self

    def client(self, service: str) -> Any:
        world = self

        class Client:
            def __getattr__(self, method: str) -> Callable[..., None]:
                return lambda **request: world.calls.append((service, method, request))

        return Client()

    def put(self, expression: str, **more: Any) -> None:
        target = {"Arn": MACHINE, "RoleArn": "role", "Input": "{}"}
        name = f"schedule-{len(self.schedules)}"
        record = {
            "Arn": f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}",
            "Name": name,
            "GroupName": "default",
            "ScheduleExpression": expression,
            "State": "ENABLED",
            "CreationDate": self.now,
            "Target": target,
        }
        self.schedules.append({**record, **more})

    def runner(self) -> Runner:
        return Runner(
            records=self,
            store=self.store,
            credentials=self,
            tasks=self,
            clock=lambda: self.now,
        )

    def pass_seconds(self, runner: Runner, seconds: float) -> int:
        """How often something was fired meanwhile."""
        before, end = len(self.calls), self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 10)
            runner.look()
        return len(self.calls) - before


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(tmp_path / "state.sqlite")
    yield World(store)
    store.close()


def test_a_schedule_fires_once_at_its_local_time(world: World) -> None:
    world.put("cron(0 9 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    runner = world.runner()
    assert world.pass_seconds(runner, 20) == 0
    assert world.pass_seconds(runner, 120) == 1
    (call,) = world.calls
    assert call == ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE, "input": "{}"})
    assert world.pass_seconds(runner, 3600) == 0


def test_a_rate_fires_each_time_from_its_creation_on(world: World) -> None:
    world.put("rate(5 minutes)")
    assert world.pass_seconds(world.runner(), 905) == 3


def test_neither_a_disabled_schedule_nor_one_outside_its_dates_fires(world: World) -> None:
    world.put("rate(1 minute)", State="DISABLED")
    world.put("rate(1 minute)", StartDate=MONDAY + 600)
    world.put("rate(1 minute)", EndDate=MONDAY + 130)
    assert world.pass_seconds(world.runner(), 300) == 2
    assert world.pass_seconds(world.runner(), 360) == 1


def test_a_one_time_schedule_fires_once_even_over_a_restart(world: World) -> None:
    world.put("at(2026-03-02T08:00:00)")
    assert world.pass_seconds(world.runner(), 120) == 1
    assert world.pass_seconds(world.runner(), 120) == 0


def test_what_was_missed_while_the_cloud_was_down_comes_only_if_it_is_one_time(
    world: World,
) -> None:
    world.put("at(2026-03-02T08:00:00)")
    world.put("cron(0 8 * * ? *)")
    world.now += 3600
    assert world.pass_seconds(world.runner(), 60) == 1


def test_a_schedule_that_is_over_goes_where_it_says_so(world: World) -> None:
    world.put("at(2026-03-02T08:00:00)", ActionAfterCompletion="DELETE")
    world.put("at(2026-03-02T08:00:00)", ActionAfterCompletion="NONE")
    world.put("rate(1 minute)", EndDate=MONDAY + 90, ActionAfterCompletion="DELETE")
    world.pass_seconds(world.runner(), 120)
    assert [one["Name"] for one in world.schedules] == ["schedule-1"]


def test_a_role_that_may_not_is_logged_and_the_others_fire(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.put("rate(1 minute)")
    world.refused = True
    assert world.pass_seconds(world.runner(), 70) == 0
    assert "Could not assume role" in caplog.text
