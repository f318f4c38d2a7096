from __future__ import annotations

import json

import pytest

from contracts.documents import DocumentError
from contracts.serving import (
    Alarms,
    Autoscaling,
    Floor,
    Hours,
    Rollout,
    Serving,
    SplitSteps,
    Vpc,
)

FULL = Serving(
    instance_type="ml.m5.large",
    instance_count=2,
    rollout=Rollout(strategy="canary", step_percent=50, step_wait_seconds=60),
    alarms=Alarms(max_5xx_percent=0.5, max_latency_p99_ms=200),
    autoscaling=Autoscaling(
        min_instances=1,
        max_instances=4,
        invocations_per_instance=600,
        floors=(Floor(schedule="cron(0 7 * * ? *)", timezone="UTC", min_instances=2),),
    ),
    hours=Hours(start="cron(0 7 * * ? *)", stop="cron(0 19 * * ? *)", timezone="UTC"),
    vpc=Vpc(subnets=("subnet-12345678",), security_groups=("sg-12345678",)),
    split_steps=SplitSteps(shares=(0.25, 0.5), minutes=60),
)


def test_what_is_written_reads_back() -> None:
    assert Serving.parse(FULL.to_json()) == FULL


def test_what_is_none_is_not_written() -> None:
    written = json.loads(Serving(instance_type="ml.m5.large", instance_count=1).to_json())

    assert "batch" not in written
    assert written["alarms"] == {}


def test_every_section_fits_the_environment_of_a_function_together() -> None:
    """Lambda takes 4 KB of variables in all."""
    assert len(FULL.to_json()) < 1_500


def test_all_faults_are_told_together() -> None:
    document = {
        "instance_type": "ml.m5.large",
        "instance_count": True,
        "mode": "ftp",
        "rollout": {"strategy": "canary", "step": 3},
        "autoscaling": {"min_instances": 1, "max_instances": "two", "floors": {}},
        "split_steps": {"shares": [0.5, "all"], "minutes": 1},
        "vpc": [],
    }

    with pytest.raises(DocumentError) as caught:
        Serving.parse(json.dumps(document))

    assert set(caught.value.faults) == {
        "instance_count is True, not a whole number",
        "mode is 'ftp', none of realtime, serverless, async, batch",
        "rollout.step is not known",
        "autoscaling.invocations_per_instance is missing",
        "autoscaling.max_instances is 'two', not a whole number",
        "autoscaling.floors is {}, not an array",
        "split_steps.shares.1 is 'all', not a number",
        "vpc is [], not an object",
    }


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(DocumentError, match="no JSON"):
        Serving.parse("{")
