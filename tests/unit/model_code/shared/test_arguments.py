from __future__ import annotations

import pytest

from shared import arguments


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        ([], None),
        (["--other", "a"], None),
        (["--name", "a"], "a"),
        (["--name=a"], "a"),
        (["--name"], None),
    ],
)
def test_an_option_is_found_whatever_else_is_given(argv: list[str], value: str | None) -> None:
    assert arguments.peek(argv, "name") == value
