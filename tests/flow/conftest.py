"""One local cloud with the environment `local` deployed into it, for all flow tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from contracts import names
from demo import deploy
from demo.main_job import Cloud
from demo.outputs import read_outputs
from local_cloud import process
from local_cloud.settings import LocalCloudSettings


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud of the tests' own: a free port, state in a temporary folder."""
    folder = tmp_path_factory.mktemp("flow")
    settings = LocalCloudSettings(state_dir=folder / "cloud")
    running = process.start(settings, any_port=True)
    try:
        cloud = Cloud(running)
        environment = {**os.environ, **cloud.environment}
        log = folder / "cdk.log"
        deploy.bootstrap(
            environment,
            account=running.account_id,
            region=running.region,
            log=log,
            say=print,
        )
        deploy.deploy(environment, name="local", log=log, say=print)
        yield cloud
    finally:
        process.stop(running)


@pytest.fixture(scope="session")
def outputs(cloud: Cloud) -> dict[str, str]:
    return read_outputs(cloud.client("cloudformation"), stack_prefix=names.stack_name("local", ""))
