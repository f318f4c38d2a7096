"""Where AWS waits for minutes, the local cloud can wait a part of them; no test here waits."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import cast

import pytest

from local_cloud import __main__ as command_line
from local_cloud import server
from local_cloud.application_autoscaling.decision import Past
from local_cloud.environment import server_environment
from local_cloud.sagemaker.hosting import alarms, rollout
from local_cloud.sagemaker.hosting.asynchronous.queue import Queue
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest
from local_cloud.sagemaker.hosting.guardrails import Guardrails
from local_cloud.sagemaker.hosting.rollout import RollBackError, Watch
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Store
from local_cloud.schedules.expression import parse
from local_cloud.settings import LocalCloudSettings
from tests.unit.local_cloud.sagemaker_doubles import ThreadTasks

SCALE = 60.0


class Clock:
    """Stands for the module ``time``: sleeping is what makes it go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rollout, "time", clock)
    monkeypatch.setattr(alarms, "states", lambda _service, _names: {})
    return clock


def watch(folder: Path, clock: Clock, *, timeout: int, scale: float) -> Watch:
    settings = LocalCloudSettings(state_dir=folder, time_scale=scale)

    class Service:
        tasks = ThreadTasks()

        def __init__(self) -> None:
            self.settings = settings

    service = cast("SageMakerService", Service())
    return Watch(service=service, guardrails=Guardrails(timeout=timeout), began=clock.now)


def test_an_update_bakes_for_its_part_of_the_time(tmp_path: Path, clock: Clock) -> None:
    watch(tmp_path, clock, timeout=28_800, scale=SCALE).bake(3600)
    assert clock.now == pytest.approx(1000 + 60)


def test_an_update_bakes_in_real_time_unless_it_is_told_otherwise(
    tmp_path: Path, clock: Clock
) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    watch(tmp_path, clock, timeout=28_800, scale=settings.time_scale).bake(600)
    assert clock.now == pytest.approx(1000 + 600)


def test_the_time_limit_counts_shortened_waits_whole_and_work_as_it_is(
    tmp_path: Path, clock: Clock
) -> None:
    updating = watch(tmp_path, clock, timeout=1000, scale=SCALE)
    updating.bake(600)
    # Starting servers takes the time that it takes: 600 + 300 is within the limit.
    clock.sleep(300)
    assert not updating.timed_out()
    with pytest.raises(RollBackError, match="MaximumExecutionTimeoutInSeconds of 1000"):
        updating.bake(600)
    assert clock.now < 1000 + 10 + 300 + 10


def test_rates_come_more_often_and_clock_times_as_they_are() -> None:
    assert parse("rate(5 minutes)", time_scale=SCALE).next_after(0.0) == 5.0
    noon = parse("cron(0 12 * * ? *)", time_scale=SCALE)
    assert noon.next_after(0.0) == parse("cron(0 12 * * ? *)").next_after(0.0) == 43_200.0


def test_cooldowns_are_over_sooner() -> None:
    past = Past(out_at=990.0, out_from=1, in_at=None).at_pace(SCALE, now=1000.0)
    assert past == Past(out_at=400.0, out_from=1, in_at=None)


def test_queued_requests_expire_sooner(tmp_path: Path) -> None:
    queue = Queue(Store(tmp_path / "store"), time_scale=SCALE)
    queue.put(
        AsyncRequest(
            id="one",
            endpoint="endpoint",
            inference_id="i",
            received=time.time() - 2,
            ttl=60,
            timeout=10,
            attempts=0,
            output="s3://b/o",
        )
    )
    assert [one["id"] for one in queue.take_expired("endpoint")] == ["one"]


def test_the_setting_reaches_the_server_and_its_state_machines(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path, time_scale=4.0)
    assert server.settings_from_json(server.settings_as_json(settings)) == settings
    assert server_environment(settings)["SFN_WAIT_SCALE"] == "0.25"
    assert server_environment(LocalCloudSettings(state_dir=tmp_path))["SFN_WAIT_SCALE"] == "1.0"


@pytest.mark.parametrize("text", ["0", "0.5", "-1", "nan", "fast", "4000"])
def test_what_is_no_time_scale_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="give a number from 1 to 3600"):
        command_line.time_scale(text)


def test_the_environment_can_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["local_cloud", "start"])
    assert command_line.parse_arguments().time_scale == 1.0
    monkeypatch.setenv(command_line.TIME_SCALE_VARIABLE, "30")
    assert command_line.parse_arguments().time_scale == 30.0
