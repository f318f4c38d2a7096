"""One local cloud with the environment `local` deployed into it, and one run, for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts import names
from demo import deploy
from demo.cloud import Cloud
from demo.follow import follow_run
from demo.outputs import read_outputs
from demo.registry import approve, registered_package
from demo.run_state import RunState
from demo.view import LineView
from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from tests.flow.chain import (
    ENVIRONMENT,
    GIT_COMMIT,
    await_deployment,
    run_after,
    upload,
    write_small_digits,
)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud of the tests' own: a free port, state in a temporary folder."""
    folder = tmp_path_factory.mktemp("flow")
    settings = LocalCloudSettings(state_dir=folder / "cloud")
    running = process.start(settings, any_port=True)
    try:
        cloud = Cloud(running)
        log = folder / "cdk.log"
        deploy.bootstrap(
            cloud.environment,
            account=running.account_id,
            region=running.region,
            log=log,
            say=print,
        )
        deploy.deploy(
            cloud.environment, name=ENVIRONMENT, git_commit=GIT_COMMIT, log=log, say=print
        )
        yield cloud
    finally:
        process.stop(running)


@pytest.fixture(scope="session")
def outputs(cloud: Cloud) -> dict[str, str]:
    return read_outputs(cloud.client("cloudformation"), stack_prefix=names.stack_name("local", ""))


@pytest.fixture(scope="session")
def run(
    cloud: Cloud, outputs: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> RunState:
    """A finished run of the pipeline over an upload that has bad files among good ones."""
    folder = tmp_path_factory.mktemp("upload")
    write_small_digits(folder)
    (folder / "3" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    (folder / "4" / "table.csv").write_text("a,b\n1,2\n")
    uploaded = upload(cloud, outputs, folder)
    arn = run_after(cloud, uploaded)
    return follow_run(cloud.client("sagemaker"), cloud.client("logs"), arn, LineView(print))


@pytest.fixture(scope="session")
def package(cloud: Cloud, run: RunState) -> dict[str, Any]:
    """What the run registered, before anybody approved it."""
    return registered_package(cloud.client("sagemaker"), run)


@pytest.fixture(scope="session")
def live(cloud: Cloud, package: dict[str, Any]) -> dict[str, Any]:
    """The package after its approval, serving."""
    approved = datetime.now(UTC)
    approve(cloud.client("sagemaker"), package["ModelPackageArn"])
    await_deployment(cloud, package["ModelPackageArn"], approved)
    return package
