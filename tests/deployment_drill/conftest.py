"""One local cloud for all drills, and the table of their figures at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from demo import deploy
from demo.cloud import Cloud
from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from tests.deployment_drill.canaries import Outcome, tried_canaries
from tests.deployment_drill.drill import Drill
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.workloads import SERVING

REPORT = deploy.ROOT / ".local" / "deployment-drill" / "report.md"
SERVER = Path(__file__).with_name("drill_server.py")
# Before the local cloud's own stand-in for the image of the workload that the drills extend.
IMAGES = f"""
[[image]]
repository = "sagemaker-xgboost"
tag = "*"
serve = ["{{python}}", "{SERVER}"]
note = "A program of the drills stands for this image."
"""
ORDER = (
    "test_five_updates_under_load",
    "test_one_approval_delivered_often",
    "test_killed_at_each_state",
    "test_batches_are_answered",
    "test_every_way_to_serve",
    "test_a_model_is_compared_first",
    "test_a_bad_canary_is_taken_back",
    "test_teardown_leaves_nothing",
)
_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Latencies are measured while nothing else happens; canaries are waited for beside other
    drills; the environment is torn down by the last of them."""
    items.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else -1)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="session")
def drilled_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud of the drills' own."""
    settings = LocalCloudSettings(state_dir=tmp_path_factory.mktemp("drilled") / "cloud")
    running = process.start(settings, any_port=True)
    try:
        (running.state_dir / "images.toml").write_text(IMAGES)
        yield Cloud(running)
    finally:
        process.stop(running)


@pytest.fixture(scope="session")
def drill(drilled_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Drill:
    """The environment `drill`."""
    return Drill.deployed(drilled_cloud, tmp_path_factory.mktemp("drill"), serving=SERVING)


@pytest.fixture(scope="session")
def canaries(drill: Drill) -> Iterator[dict[str, Future[Outcome]]]:
    """From the first drill that asks for it on."""
    with tried_canaries(drill) as tried:
        yield tried


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash[_FIGURES]
    if not figures.found:
        return
    table = figures.table()
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(f"# Deployment drills\n\n{table}\n")
    terminalreporter.section("deployment drills")
    terminalreporter.write_line(table)
    terminalreporter.write_line(f"also in {os.path.relpath(REPORT)}")
