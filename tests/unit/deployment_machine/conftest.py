from __future__ import annotations

import pytest

from tests.unit.deployment_machine.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An account without any deployment."""
    world = World()
    world.connect(monkeypatch)
    return world
