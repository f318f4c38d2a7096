"""The local cloud with the environment deployed into it: what every workload's demo stands on."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts import names
from demo import deploy
from demo.clock import StageClock
from demo.cloud import Cloud
from demo.configuration import workloads_of
from demo.narrator import Narrator
from demo.outputs import read_outputs
from local_cloud import process
from local_cloud.settings import LocalCloudSettings

ENVIRONMENT = "local"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A deployed environment in a running local cloud.

    Attributes:
        outputs: of its stacks.
        folder: takes what the demo writes itself: logs, pages.
    """

    cloud: Cloud
    outputs: dict[str, str]
    folder: Path

    @property
    def cdk_log(self) -> Path:
        return self.folder / "cdk.log"


def start_cloud(settings: LocalCloudSettings, narrator: Narrator, clock: StageClock) -> Cloud:
    """Start the local cloud, or find the one that runs."""
    narrator.heading("local cloud")
    with clock.stage("start the local cloud"):
        running = process.start(settings, any_port=True)
    narrator.say(f"listening on {running.endpoint_url}, state in {running.state_dir}")
    return Cloud(running)


def deploy_environment(
    cloud: Cloud,
    workloads: Iterable[str],
    *,
    folder: Path,
    narrator: Narrator,
    clock: StageClock,
    git_commit: str | None = None,
) -> Environment:
    """Bootstrap, and deploy these workloads beside those that are there already.

    Raises DemoError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = together(workloads, deployed_workloads(cloud), workloads_of(ENVIRONMENT))
    narrator.heading(f"cdk bootstrap, cdk deploy --all -c env={ENVIRONMENT}")
    narrator.say(f"workloads: {', '.join(wanted)}")
    environment = Environment(cloud=cloud, outputs={}, folder=folder)
    environment.cdk_log.write_text("")
    with clock.stage("cdk bootstrap"):
        deploy.bootstrap(
            cloud.environment,
            account=cloud.settings.account_id,
            region=cloud.settings.region,
            log=environment.cdk_log,
            say=narrator.say,
        )
    with clock.stage("cdk deploy"):
        deploy.deploy(
            cloud.environment,
            name=ENVIRONMENT,
            workloads=wanted,
            git_commit=git_commit,
            log=environment.cdk_log,
            say=narrator.say,
        )
    # The synthesised templates lie beside the log; nobody needs them twice.
    shutil.rmtree(folder / "cdk.out", ignore_errors=True)
    environment.outputs.update(_outputs(cloud))
    return environment


def deployed_workloads(cloud: Cloud) -> list[str]:
    """The workloads that the environment's stacks have an endpoint's name for."""
    outputs = _outputs(cloud)
    return [
        workload
        for workload in workloads_of(ENVIRONMENT)
        if names.output_key("EndpointName", workload) in outputs
    ]


def together(asked: Iterable[str], deployed: Iterable[str], known: Sequence[str]) -> list[str]:
    """Those asked for and those deployed, in the environment's order: none is ever removed."""
    wanted = {*asked, *deployed}
    return [workload for workload in known if workload in wanted]


def _outputs(cloud: Cloud) -> dict[str, str]:
    return read_outputs(
        cloud.client("cloudformation"), stack_prefix=names.stack_name(ENVIRONMENT, "")
    )
