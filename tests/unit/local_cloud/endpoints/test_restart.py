from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import psutil

from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from tests.local_cloud_fixture import running_cloud
from tests.unit.local_cloud.endpoints.async_endpoints import ask, asynchronous, result
from tests.unit.local_cloud.endpoints.conftest import Hosting, answers_again, hosting_on, until
from tests.unit.local_cloud.endpoints.traffic import blue_green, percent


def test_endpoints_and_their_queues_come_back_and_none_of_the_processes_stays(
    tmp_path: Path,
) -> None:
    with running_cloud(tmp_path) as cloud:
        hosting = hosting_on(cloud)
        hosting.endpoint("returning")
        # What its servers need is in the endpoint itself, as on AWS.
        hosting.sagemaker.delete_endpoint_config(EndpointConfigName="returning")
        hosting.sagemaker.delete_model(ModelName="returning")
        before = hosting.processes("returning")
        assert before
        asynchronous(hosting, "lasting", MaxConcurrentInvocationsPerInstance=1)
        asked = [ask(hosting, "lasting", f"slow 1.{number}") for number in range(2)]
        until(lambda: "slow request" in hosting.log("lasting"))

        process.stop(cloud.settings)
        assert not any(one.is_running() for one in before)
        process.start(cloud.settings)
        answers_again(hosting, "returning", "returning")
        asked.append(ask(hosting, "lasting", "slow 3"))

        _killed_while_an_endpoint_is_made(hosting)
        answers_again(hosting, "returning", "returning")
        assert hosting.settled("made-twice")["EndpointStatus"] == "InService"
        assert hosting.invoke("made-twice")["model"] == "made-twice"
        _killed_in_the_middle_of_an_update(hosting)
        for answer in asked:
            assert result(hosting, answer["OutputLocation"])["model"] == "lasting"
        leftovers = hosting.processes("returning") + hosting.processes("made-twice")
    until(lambda: not any(one.is_running() for one in leftovers))


def _killed_while_an_endpoint_is_made(hosting: Hosting) -> None:
    """SIGKILL gives the local cloud no chance to end anything; all must end all the same."""
    settings = hosting.cloud.settings
    hosting.config("made-twice", **{hosting.model("made-twice", start_seconds=2): 1.0})
    hosting.sagemaker.create_endpoint(EndpointName="made-twice", EndpointConfigName="made-twice")
    until(lambda: hosting.processes("made-twice"))
    _kill(settings, hosting.processes("returning") + hosting.processes("made-twice"))
    process.start(settings)


def _killed_in_the_middle_of_an_update(hosting: Hosting) -> None:
    """What served before serves again first; the update then goes all its way."""
    settings = hosting.cloud.settings
    hosting.endpoint_of(1, "half")
    config = hosting.instances("half-2", 2)
    deployment = blue_green("CANARY", CanarySize=percent(50), WaitIntervalInSeconds=5)
    hosting.sagemaker.update_endpoint(
        EndpointName="half", EndpointConfigName=config, DeploymentConfig=deployment
    )
    until(lambda: {hosting.invoke("half")["model"] for _ in range(2)} == {"half", "half-2"})
    _kill(settings, hosting.processes("half"))
    process.start(settings)
    assert hosting.describe("half")["EndpointStatus"] == "Updating"
    assert hosting.describe("half")["EndpointConfigName"] == "half"
    first: list[str] = []

    def answers() -> bool:
        with contextlib.suppress(hosting.runtime.exceptions.ServiceUnavailable):
            first.append(hosting.invoke("half")["model"])
        return bool(first)

    until(answers)
    assert first == ["half"]
    assert hosting.settled("half")["EndpointConfigName"] == config
    assert {hosting.invoke("half")["model"] for _ in range(4)} == {"half-2"}


def _kill(settings: LocalCloudSettings, servers: list[psutil.Process]) -> None:
    running = process.pid(settings.state_dir)
    assert running is not None
    os.kill(running, signal.SIGKILL)
    until(lambda: not any(_alive(one) for one in servers), seconds=20)


def _alive(one: psutil.Process) -> bool:
    try:
        return bool(one.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
