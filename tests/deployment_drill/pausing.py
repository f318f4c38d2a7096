"""A state machine's definition with a stop before one of its states.

An execution can be killed at a state only while it is there, and most states last milliseconds.
So the drilled definition waits as it enters the state: everything before has been done, nothing
of the state itself. Killed after the state's work is killed before the next one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

PAUSE = "PausedByADrill"
PAUSE_SECONDS = 900
_EXITS = ("Next", "Default")
_NESTED = ("Choices", "Catch")


def states_of(definition: Mapping[str, Any]) -> list[str]:
    """Names of the states, in the definition's order."""
    return list(definition["States"])


def exits_of(state: Mapping[str, Any]) -> list[str]:
    """Where a state may lead, by its choices and catches too."""
    found = [state[key] for key in _EXITS if key in state]
    return found + [item["Next"] for key in _NESTED for item in state.get(key, [])]


def paused_before(definition: Mapping[str, Any], state: str) -> dict[str, Any]:
    """The definition, in which an execution waits as it enters ``state``.

    Raises:
        ValueError: it has no such state.
    """
    paused = _with_pause(definition, state)
    for each in paused["States"].values():
        _redirect(each, lambda exit_: exit_ == state)
    if paused["StartAt"] == state:
        paused["StartAt"] = PAUSE
    return _then(paused, state)


def diverted(definition: Mapping[str, Any], before: str, state: str) -> dict[str, Any]:
    """The definition, in which ``before`` leads to ``state`` and nowhere else, and an execution
    waits as it enters it: for what only comes about where AWS itself fails.

    Raises:
        ValueError: it has no such state.
    """
    paused = _with_pause(definition, state)
    _redirect(paused["States"][before], lambda _exit: True)
    return _then(paused, state)


def _with_pause(definition: Mapping[str, Any], state: str) -> dict[str, Any]:
    if state not in definition["States"]:
        raise ValueError(f"no state {state}; there are {', '.join(definition['States'])}")
    return copy.deepcopy(dict(definition))


def _then(paused: dict[str, Any], state: str) -> dict[str, Any]:
    paused["States"][PAUSE] = {"Type": "Wait", "Seconds": PAUSE_SECONDS, "Next": state}
    return paused


def _redirect(state: dict[str, Any], leads: Callable[[str], bool]) -> None:
    """Lead those of the state's exits to the pause for which `leads` is true."""
    for part in (state, *(item for key in _NESTED for item in state.get(key, []))):
        for key in _EXITS:
            if key in part and leads(part[key]):
                part[key] = PAUSE
