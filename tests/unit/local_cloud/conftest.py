from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.sagemaker.service import SageMakerService
from tests.local_cloud_fixture import RunningCloud, running_cloud
from tests.unit.local_cloud.sagemaker_doubles import make_service


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """One local cloud for all tests of this folder that need a real one."""
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SageMakerService]:
    """A service over a real store of its own, with doubles for what lies outside this process."""
    made, _, _, tasks = make_service(tmp_path)
    yield made
    tasks.shut_down()
    made.store.close()
