"""A shadow takes over only where it answered alike, as fast, and without errors."""

from __future__ import annotations

import pytest

from contracts.captured import Captured, Payload
from lambdas.deployment.shadow_comparison import (
    Answers,
    Limits,
    Served,
    compare_answers,
    judge_shadow,
)

LIMITS = Limits(
    min_requests=100, max_disagreement_percent=5, max_latency_ratio=1.5, max_5xx_percent=1
)
OLD = Served(requests=1000, errors_5xx=0, p99_microseconds=10_000)
NEW = Served(requests=500, errors_5xx=5, p99_microseconds=15_000)
ALIKE = Answers(compared=100, differing=5)


def captured(request: str, answer: str | None, kind: str = "text/csv") -> Captured:
    sent = Payload(content_type="text/csv", body=request.encode())
    got = None if answer is None else Payload(content_type=kind, body=answer.encode())
    return Captured(request=sent, answer=got)


def test_answers_to_the_same_request_are_compared_by_their_class() -> None:
    found = compare_answers(
        [captured("1", "[0.9, 0.1]"), captured("2", "[0.9, 0.1]"), captured("3", "[0.9, 0.1]")],
        [captured("2", "[0.6, 0.4]"), captured("1", "[0.1, 0.9]"), captured("9", "[0.1, 0.9]")],
        classes=("stays", "leaves"),
    )
    assert found == Answers(compared=2, differing=1, examples=("stays became leaves",))


def test_each_answer_is_compared_once() -> None:
    found = compare_answers(
        [captured("1", "[1, 0]")], [captured("1", "[1, 0]")] * 3, classes=("a", "b")
    )
    assert found.compared == 1


def test_answers_that_hold_no_class_are_compared_as_they_are() -> None:
    pairs = [captured("1", "blob", "application/x"), captured("2", "blob", "application/x")]
    shadow = [captured("1", "blob\n", "application/x"), captured("2", "other", "application/x")]
    found = compare_answers(pairs, shadow, classes=())
    assert (found.compared, found.differing) == (2, 1)


def test_a_request_without_an_answer_is_not_compared() -> None:
    assert compare_answers([captured("1", None)], [captured("1", "a")], classes=()).compared == 0


def test_a_shadow_at_its_limits_passes() -> None:
    passed, detail = judge_shadow(answers=ALIKE, production=OLD, shadow=NEW, limits=LIMITS)
    assert passed, detail
    assert "5 of 100" in detail
    assert "1.50 times" in detail


@pytest.mark.parametrize(
    ("answers", "shadow", "reason"),
    [
        (Answers(compared=99, differing=0), NEW, "only 99 requests"),
        (Answers(compared=100, differing=6, examples=("a became b",)), NEW, "a became b"),
        (ALIKE, Served(requests=500, errors_5xx=6, p99_microseconds=1), "fails too often"),
        (ALIKE, Served(requests=500, errors_5xx=0, p99_microseconds=15_001), "too slow"),
    ],
)
def test_a_shadow_beyond_a_limit_does_not_pass(
    answers: Answers, shadow: Served, reason: str
) -> None:
    passed, detail = judge_shadow(answers=answers, production=OLD, shadow=shadow, limits=LIMITS)
    assert not passed
    assert reason in detail.splitlines()[0]


def test_a_latency_that_nobody_counted_is_told_and_decides_nothing() -> None:
    unknown = Served(requests=0, errors_5xx=0, p99_microseconds=None)
    passed, detail = judge_shadow(answers=ALIKE, production=OLD, shadow=unknown, limits=LIMITS)
    assert passed
    assert "no latency" in detail
