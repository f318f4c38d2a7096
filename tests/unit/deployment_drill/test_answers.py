from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.deployment_drill.answers import (
    Answer,
    between,
    failures,
    met,
    percentile,
    read_answers,
)


def answer(due: float, seconds: float = 0.1, model: str = "1", failure: str = "") -> Answer:
    return Answer(due=due, seconds=seconds, model=model, failure=failure, right=not failure)


def test_answers_are_read_in_the_order_in_which_they_were_due(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    lines = [json.dumps(asdict(answer(due))) for due in (2.0, 1.0)]
    file.write_text("\n".join([*lines, '{"due": 3']))
    assert [one.due for one in read_answers(file)] == [1.0, 2.0]


def test_a_percentile_is_an_answers_own_time() -> None:
    hundred = [answer(0.0, seconds=float(number)) for number in range(1, 101)]
    assert percentile(hundred, 0.99) == 99.0
    assert percentile(hundred, 0.5) == 50.0
    assert percentile(hundred[:1], 0.99) == 1.0


def test_requests_belong_to_the_time_at_which_they_were_due() -> None:
    answers = [answer(1.0), answer(2.0), answer(3.0)]
    assert between(answers, 1.0, 3.0) == answers[:2]


def test_failures_are_counted_by_kind() -> None:
    answers = [answer(1.0), answer(2.0, failure="ModelError"), answer(3.0, failure="ModelError")]
    assert failures(answers) == {"ModelError": 2}


def test_the_share_that_met_a_model_counts_the_time_in_which_it_took_requests() -> None:
    answers = [answer(float(due), model=model) for due, model in enumerate("1121211")]
    found = met(answers, "2")
    assert (found.requests, found.of) == (1, 2)
    assert found.share == pytest.approx(1 / 2)


def test_the_allowance_for_chance_shrinks_with_the_requests() -> None:
    few = met([answer(float(due), model="2") for due in range(26)], "2")
    many = met([answer(float(due), model="2") for due in range(101)], "2")
    assert few.allowance(0.5) == pytest.approx(0.3)
    assert many.allowance(0.5) == pytest.approx(0.15)


def test_a_model_that_no_request_met_has_no_share() -> None:
    found = met([answer(1.0)], "2")
    assert (found.requests, found.share, found.allowance(0.1)) == (0, 0.0, 0.0)
