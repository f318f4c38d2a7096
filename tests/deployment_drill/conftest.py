"""One local cloud for all drills, and the table of their figures at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from contracts import names
from demo import deploy
from demo.cloud import Cloud
from demo.outputs import read_outputs
from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from tests.deployment_drill.canaries import Outcome, tried_canaries
from tests.deployment_drill.configuration import ENVIRONMENT, write_configuration
from tests.deployment_drill.drill import Drill
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.workloads import DEPLOYMENT, SERVING

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
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """The environment `drill`, deployed by the unmodified CDK CLI."""
    folder = tmp_path_factory.mktemp("drill")
    config = write_configuration(folder, serving=SERVING, deployment=DEPLOYMENT)
    settings = LocalCloudSettings(state_dir=folder / "cloud")
    running = process.start(settings, any_port=True)
    try:
        (running.state_dir / "images.toml").write_text(IMAGES)
        cloud = Cloud(running)
        log = folder / "cdk.log"
        account, region = running.account_id, running.region
        deploy.bootstrap(cloud.environment, account=account, region=region, log=log, say=print)
        deploy.deploy(cloud.environment, name=ENVIRONMENT, config=config, log=log, say=print)
        prefix = names.stack_name(ENVIRONMENT, "")
        outputs = read_outputs(cloud.client("cloudformation"), stack_prefix=prefix)
        yield Drill(cloud, config, outputs, folder)
    finally:
        process.stop(running)


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
