from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.champion_record import (
    KEPT,
    MOST_METRICS,
    ChampionRecord,
    ChampionRecordError,
    Deployed,
)

LARGEST_PARAMETER = 4096


def deployed(version: int, **changes: Any) -> Deployed:
    name = f"rookery-dev-birds-v{version}-0a1b2c3d"
    given = Deployed(
        package=f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/rookery-dev-birds/{version}",
        version=version,
        model=name,
        config=name,
        deployed_at="2026-03-01T12:05:00Z",
        approved_at="2026-03-01T12:00:00Z",
        metrics={"accuracy": 0.98},
        model_sha256="9f" * 32,
    )
    return replace(given, **changes)


def after(*versions: int) -> ChampionRecord:
    record = ChampionRecord(champion=deployed(versions[0]))
    for version in versions[1:]:
        record = record.followed_by(deployed(version))
    return record


def versions_of(record: ChampionRecord) -> list[int]:
    return [each.version for each in (record.champion, *record.history)]


def test_a_record_is_read_as_it_was_written() -> None:
    record = after(1, 2, 3)
    assert ChampionRecord.parse(record.to_json()) == record


def test_the_last_three_are_kept_and_a_deployment_is_listed_once() -> None:
    assert versions_of(after(1, 2, 3, 4)) == [4, 3, 2]
    assert versions_of(after(1, 2, 1)) == [1, 2]
    assert len(after(*range(1, 9)).names) == KEPT


def test_a_roll_back_goes_back_and_a_second_one_further() -> None:
    record = after(1, 2, 3)
    once = record.rolled_back_to(record.history[0], approved_at="2026-03-02T08:00:00Z")
    twice = once.rolled_back_to(once.history[0], approved_at="2026-03-02T09:00:00Z")
    assert versions_of(once) == [2, 1]
    assert versions_of(twice) == [1]
    assert twice.champion.approved_at == "2026-03-02T09:00:00Z"


def test_the_largest_record_fits_into_a_parameter() -> None:
    metrics = {f"metric_with_a_long_name_{number}": 0.1234567890123456 for number in range(20)}
    long = "rookery-" + "e" * 38 + "-v12345-0a1b2c3d"
    record = after(1, 2, 3)
    full = ChampionRecord(
        champion=replace(record.champion, metrics=metrics, model=long, config=long),
        history=tuple(
            replace(each, metrics=metrics, model=long, config=long) for each in record.history
        ),
    )
    assert len(full.to_json()) < LARGEST_PARAMETER
    assert len(ChampionRecord.parse(full.to_json()).champion.metrics) == MOST_METRICS


def test_a_record_of_before_its_newer_members_is_read() -> None:
    least = {"schema_version": 1, "package": "arn", "version": 3, "model": "m", "config": "c"}
    record = ChampionRecord.parse(json.dumps(least))
    assert record.champion == Deployed(package="arn", version=3, model="m", config="c")
    assert record.history == ()


def test_all_faults_of_a_record_are_told_at_once() -> None:
    broken = {"schema_version": 2, "version": "3", "metrics": {"a": "b"}, "history": [1, {}]}
    with pytest.raises(ChampionRecordError) as caught:
        ChampionRecord.parse(json.dumps(broken))
    for part in ("schema_version: 2", "package:", "version: ex", "metrics:", "history[0]:"):
        assert part in str(caught.value)
    assert "history[1].model:" in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "null"])
def test_what_is_no_record_is_refused(content: str) -> None:
    with pytest.raises(ChampionRecordError):
        ChampionRecord.parse(content)
