"""Which stacks the end of a local cloud interrupted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_cloud.ministack_bridge.stacks import is_interrupted

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = "2026-03-01T11:59:59.999Z", "2026-03-01T12:00:00.001Z"


@pytest.mark.parametrize(
    ("status", "told", "interrupted"),
    [
        ("CREATE_IN_PROGRESS", [BEFORE], True),
        ("UPDATE_ROLLBACK_IN_PROGRESS", [BEFORE, BEFORE], True),
        ("CREATE_COMPLETE", [BEFORE], False),
        ("REVIEW_IN_PROGRESS", [BEFORE], False),
        # Asked for in the first moments of a start, before what was interrupted is looked for.
        ("CREATE_IN_PROGRESS", [AFTER], False),
        ("UPDATE_IN_PROGRESS", [BEFORE, AFTER], False),
    ],
)
def test_a_stack_is_interrupted_if_nothing_was_told_of_it_since_the_start(
    status: str, told: list[str], interrupted: bool
) -> None:
    events = [{"Timestamp": moment} for moment in told]
    assert is_interrupted({"StackStatus": status}, events, BEGAN) is interrupted
