from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contracts.outcomes import Outcome, OutcomeError, outcomes_prefix


def test_an_outcome_is_read_back_from_its_line() -> None:
    outcome = Outcome(
        id="a1", variant="Challenger", good=True, time=datetime(2026, 5, 4, 12, tzinfo=UTC)
    )
    assert Outcome.parse(outcome.to_line()) == outcome


def test_further_members_are_left_out() -> None:
    line = b'{"id": "a", "variant": "v", "good": false, "time": "2026-05-04T12:00:00Z", "x": 1}'
    assert not Outcome.parse(line).good


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("no JSON", ["not JSON"]),
        ("[]", ["list"]),
        ('{"id": "", "good": 1, "time": "today"}', ["id:", "variant:", "good:", "time:"]),
        ('{"id": "a", "variant": "v", "good": true, "time": "2026-05-04T12:00:00"}', ["offset"]),
    ],
)
def test_each_fault_of_a_line_is_named(line: str, named: list[str]) -> None:
    with pytest.raises(OutcomeError) as caught:
        Outcome.parse(line)
    assert all(part in str(caught.value) for part in named)


def test_outcomes_of_a_workload_lie_under_its_name() -> None:
    assert outcomes_prefix("churn") == "outcomes/churn/"
