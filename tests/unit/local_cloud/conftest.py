from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local_cloud_fixture import RunningCloud, running_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """One local cloud for all tests of this folder that need a real one."""
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running
