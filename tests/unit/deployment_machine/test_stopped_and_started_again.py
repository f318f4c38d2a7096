"""The state machine is stopped at each of its states and started again with the same input.

What is then is the same as if it had never been stopped, and nothing is orphaned.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.deployment_machine.world import MACHINE_DEFINITION, World, arn_of


def update(world: World) -> Any:
    world.deploy(1)
    world.deploy(2)
    world.deploy(3)
    return world.register(4)


def first(world: World) -> Any:
    return world.register(4)


def bad_update(world: World) -> Any:
    world.deploy(2)
    world.deploy(3)
    world.wrong = {arn_of(4)}
    return world.register(4)


def bad_first(world: World) -> Any:
    world.wrong = {arn_of(4)}
    return world.register(4)


def roll_back(world: World) -> Any:
    world.deploy(2)
    world.deploy(3)
    return {"action": "roll_back", "to": "2"}


def pause(world: World) -> Any:
    world.deploy(3)
    return {"action": "pause"}


def resume(world: World) -> Any:
    world.deploy(3)
    world.run({"action": "pause"})
    return {"action": "resume"}


def split(world: World) -> None:
    world.deploy(2)
    world.deploy(3)
    world.serve_as(first_share=0.1)
    world.run(world.register(4))


def end_for_new(world: World) -> Any:
    split(world)
    return {"action": "end", "winner": "new"}


def end_for_old(world: World) -> Any:
    split(world)
    return {"action": "end", "winner": "old"}


SCENES: tuple[Callable[[World], Any], ...] = (
    update,
    first,
    bad_update,
    bad_first,
    roll_back,
    pause,
    resume,
    end_for_new,
    end_for_old,
)


@dataclass(frozen=True)
class Undisturbed:
    """A scene that nothing stops.

    Attributes:
        before: what there is before the execution.
        path: the states that it enters, each once.
        after: what there is at its end.
    """

    document: Any
    before: dict[str, Any]
    path: tuple[str, ...]
    after: dict[str, Any]


@functools.cache
def undisturbed(scene: Callable[[World], Any]) -> Undisturbed:
    """Play a scene to its end."""
    with pytest.MonkeyPatch.context() as patch:
        world = World()
        world.connect(patch)
        document = scene(world)
        before = world.remember()
        path = world.run(document).path
        return Undisturbed(document, before, tuple(dict.fromkeys(path)), decided(world.things()))


def decided(things: dict[str, Any]) -> dict[str, Any]:
    """Without the moments, which are other ones each time."""
    record = things["record"]
    versions = [each.version for each in (record.champion, *record.history)] if record else []
    return {**things, "record": versions}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_it_ends_as_if_it_had_not_been_stopped(
    monkeypatch: pytest.MonkeyPatch, scene: Callable[[World], Any]
) -> None:
    """Stopped at each state in turn: at a task when its call was made and not yet answered, else
    as the state is entered. Before a task is as after what came before it."""
    expected = undisturbed(scene)
    for state in expected.path:
        world = World()
        world.connect(monkeypatch)
        world.become(expected.before)
        is_task = MACHINE_DEFINITION["States"][state]["Type"] == "Task"
        world.stops_at, world.stops_after = ("", state) if is_task else (state, "")
        assert world.run(expected.document).status == "ABORTED", state
        world.stops_at = world.stops_after = ""

        world.run(expected.document)

        assert decided(world.things()) == expected.after, state
