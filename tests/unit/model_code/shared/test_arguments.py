from __future__ import annotations

import pytest

from shared import arguments
from shared.faults import RefusedError


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


@pytest.mark.parametrize(
    ("written", "value"), [("true", True), ("True", True), ("false", False), ("False", False)]
)
def test_a_switch_is_read_as_yaml_and_as_the_training_toolkit_write_it(
    written: str, value: bool
) -> None:
    options = [arguments.switch("compile", help="of a test")]
    assert arguments.parse(options, ["--compile", written], program="train") == {"compile": value}


def test_a_switch_is_nothing_else() -> None:
    options = [arguments.switch("compile", help="of a test")]
    with pytest.raises(RefusedError, match="'yes' is not allowed; give true or false"):
        arguments.parse(options, ["--compile", "yes"], program="train")
