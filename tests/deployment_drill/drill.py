"""What the drills act on: an environment, deployed into a local cloud of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from contracts import names
from contracts.champion_record import ChampionRecord
from demo import deploy
from demo.cloud import Cloud
from demo.deploy import ROOT
from demo.outputs import read_outputs
from infra.settings import load_settings
from tests.deployment_drill.configuration import ENVIRONMENT, write_configuration
from tests.deployment_drill.executions import Ended, StateMachine
from tests.deployment_drill.leftovers import Leftovers, version_of
from tests.deployment_drill.packages import Package, Registry
from tests.deployment_drill.workloads import DEPLOYMENT

START_SECONDS = 60.0
NO_ENDPOINT = "no endpoint"


@dataclass(frozen=True)
class Drill:
    """A deployed environment. `folder` takes what is written down: logs, answers."""

    cloud: Cloud
    config: Path
    outputs: dict[str, str]
    folder: Path
    environment: str = ENVIRONMENT

    @classmethod
    def deployed(
        cls,
        cloud: Cloud,
        folder: Path,
        *,
        serving: Mapping[str, Mapping[str, Any]],
        environment: str = ENVIRONMENT,
    ) -> Drill:
        """Deploy an environment with these workloads by the unmodified CDK CLI. Raises DemoError.

        Args:
            serving: keys of `serving`, by workload.
        """
        config = write_configuration(
            folder, serving=serving, deployment=DEPLOYMENT, environment=environment
        )
        place, log = cloud.settings, folder / "cdk.log"
        deploy.bootstrap(
            cloud.environment, account=place.account_id, region=place.region, log=log, say=print
        )
        deploy.deploy(cloud.environment, name=environment, config=config, log=log, say=print)
        prefix = names.stack_name(environment, "")
        outputs = read_outputs(cloud.client("cloudformation"), stack_prefix=prefix)
        return cls(cloud, config, outputs, folder, environment)

    def destroy(self) -> None:
        """`cdk destroy` of all its stacks. Raises DemoError."""
        deploy.destroy(self.cloud.environment, log=self.folder / "cdk.log", say=print)

    def workload(self, name: str) -> DrilledWorkload:
        settings = load_settings(self.config, self.environment, only=[name], code=ROOT)
        registry = Registry(
            self.cloud,
            settings.workloads[0],
            environment=self.environment,
            bucket=self.outputs["ArtifactBucketName"],
        )
        machine = StateMachine(
            self.cloud, name=names.deployment_state_machine_name(self.environment, name)
        )
        return DrilledWorkload(self, name, registry, machine)


@dataclass(frozen=True)
class DrilledWorkload:
    """One workload of the environment: its packages, its state machine, its endpoint."""

    drill: Drill
    name: str
    registry: Registry
    machine: StateMachine

    @property
    def endpoint(self) -> str:
        return names.endpoint_name(self.drill.environment, self.name)

    def approve(self, package: Package) -> str:
        """Approve a package; ARN of the execution that this started."""
        before = set(self.machine.all())
        self.registry.approve(package)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for execution in self.machine.all():
                if execution not in before and self.version_of(execution) == package.version:
                    return execution
            time.sleep(0.1)
        raise AssertionError(f"the approval of {package.arn} started no execution")

    def deploy(self, behaviour: str = "right") -> tuple[Package, Ended]:
        """Register and approve a package, and wait until its deployment ended."""
        package = self.registry.register(behaviour)
        return package, self.machine.await_end(self.approve(package))

    def ensure_live(self) -> None:
        """Have a model serve that answers right."""
        if not self.served().startswith("version"):
            _, ended = self.deploy()
            assert ended.status == "SUCCEEDED", ended

    def last_event(self) -> dict[str, Any]:
        """The event of the approval that brought live what serves."""
        served = self.served().removeprefix("version ")
        for execution in self.machine.all():
            if self.version_of(execution) == served:
                return self.machine.event(execution)
        raise AssertionError(f"no execution deployed version {served}")

    def version_of(self, execution: str) -> str:
        """The package version of the approval event that an execution was started with; empty
        where an operator's request started it."""
        detail = self.machine.event(execution).get("detail", {})
        return str(detail.get("ModelPackageVersion", ""))

    def champion(self) -> ChampionRecord | None:
        """What the state machine wrote down about what serves; None where nothing was."""
        ssm = self.drill.cloud.client("ssm")
        try:
            found = ssm.get_parameter(
                Name=names.champion_parameter(self.drill.environment, self.name)
            )
        except ssm.exceptions.ParameterNotFound:
            return None
        return ChampionRecord.parse(found["Parameter"]["Value"])

    def wanted_of_deployments(self) -> dict[str, list[str]]:
        """What should be there of what deployments make: what serves, and what came before."""
        record = self.champion()
        served = self.served()
        kept = sorted({version_of(name) for name in record.names}, key=int) if record else []
        endpoints = [] if served == NO_ENDPOINT else [self.endpoint]
        return {
            "models": kept,
            "configurations": kept,
            "endpoints": endpoints,
            "scalable targets": [],
        }

    def forget(self) -> None:
        """As if nothing had been deployed yet."""
        sagemaker, ssm = self.drill.cloud.client("sagemaker"), self.drill.cloud.client("ssm")
        if self.served() != NO_ENDPOINT:
            sagemaker.delete_endpoint(EndpointName=self.endpoint)
        while self.served() != NO_ENDPOINT:
            time.sleep(0.2)
        left = Leftovers.of(self.drill.cloud, self.endpoint)
        for name in left.found["configurations"]:
            sagemaker.delete_endpoint_config(EndpointConfigName=name)
        for name in left.found["models"]:
            sagemaker.delete_model(ModelName=name)
        if self.champion() is not None:
            ssm.delete_parameter(Name=names.champion_parameter(self.drill.environment, self.name))

    def served(self) -> str:
        """`version <n>` where that serves, else the endpoint's status."""
        sagemaker = self.drill.cloud.client("sagemaker")
        try:
            described = sagemaker.describe_endpoint(EndpointName=self.endpoint)
        except ClientError as error:
            if "Could not find" not in str(error):
                raise
            return NO_ENDPOINT
        if described["EndpointStatus"] != "InService":
            return str(described["EndpointStatus"])
        return f"version {version_of(described['EndpointConfigName'])}"
