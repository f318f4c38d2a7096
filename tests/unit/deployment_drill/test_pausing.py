from __future__ import annotations

from typing import Any

import pytest

from tests.deployment_drill.pausing import PAUSE, diverted, exits_of, paused_before

DEFINITION: dict[str, Any] = {
    "StartAt": "Make",
    "States": {
        "Make": {"Type": "Task", "Catch": [{"Next": "Undo"}], "Next": "IsGood"},
        "IsGood": {"Type": "Choice", "Choices": [{"Next": "Done"}], "Default": "Undo"},
        "Undo": {"Type": "Pass", "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}


def ways_to(definition: dict[str, Any], state: str) -> list[str]:
    """Every place of a definition that leads to a state."""
    found = ["start"] if definition["StartAt"] == state else []
    for name, each in definition["States"].items():
        found += [f"{name}.{key}" for key in ("Next", "Default") if each.get(key) == state]
        for key in ("Choices", "Catch"):
            found += [f"{name}.{key}" for one in each.get(key, []) if one["Next"] == state]
    return found


@pytest.mark.parametrize("state", DEFINITION["States"])
def test_every_way_to_a_state_leads_through_the_pause(state: str) -> None:
    paused = paused_before(DEFINITION, state)
    assert ways_to(paused, PAUSE) == ways_to(DEFINITION, state)
    assert ways_to(paused, state) == [f"{PAUSE}.Next"]


def test_the_deployed_definition_stays_as_it_is() -> None:
    paused_before(DEFINITION, "Done")
    assert PAUSE not in DEFINITION["States"]
    assert ways_to(DEFINITION, "Done") == ["IsGood.Choices", "Undo.Next"]


def test_a_state_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no state Bake; there are Make, IsGood, Undo, Done"):
        paused_before(DEFINITION, "Bake")


def test_a_diverted_state_leads_to_the_pause_alone() -> None:
    paused = diverted(DEFINITION, "IsGood", "Undo")
    assert exits_of(paused["States"]["IsGood"]) == [PAUSE, PAUSE]
    assert ways_to(paused, PAUSE) == ["IsGood.Default", "IsGood.Choices"]
    assert ways_to(paused, "Undo") == ["Make.Catch", f"{PAUSE}.Next"]


def test_the_exits_of_a_state_are_its_choices_and_catches_too() -> None:
    found = {name: exits_of(state) for name, state in DEFINITION["States"].items()}
    assert found == {
        "Make": ["IsGood", "Undo"],
        "IsGood": ["Undo", "Done"],
        "Undo": ["Done"],
        "Done": [],
    }
