"""Two environments in one local cloud, of which the second takes the first one's packages.

In real life each has an account of its own; here both roles are in one, so that the conditions
of the trust are what lets the one function in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from contracts import names
from contracts.deployment_approval import ApprovalRecord, page_key, record_key
from demo import deploy
from demo.cloud import Cloud
from demo.outputs import read_outputs
from infra.settings import load_settings
from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from operate.__main__ import main
from operate.account import Account
from tests.deployment_drill.configuration import ENVIRONMENT, write_configuration
from tests.deployment_drill.conftest import IMAGES
from tests.deployment_drill.executions import StateMachine
from tests.deployment_drill.packages import Registry
from tests.deployment_drill.workloads import DEPLOYMENT

NEXT = "next"
"""No name that begins with the other one: the outputs of stacks are found by such beginnings."""
WORKLOAD = "promoted"
SERVING: dict[str, Any] = {
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "content_types": ["text/csv"],
    "response_types": ["text/csv"],
}


@dataclass(frozen=True)
class Side:
    """One environment of the two."""

    cloud: Cloud
    environment: str
    outputs: dict[str, str]

    @property
    def machine(self) -> StateMachine:
        name = names.deployment_state_machine_name(self.environment, WORKLOAD)
        return StateMachine(self.cloud, name=name)

    def packages(self) -> list[dict[str, Any]]:
        """Descriptions of all in the group, the newest first."""
        sagemaker = self.cloud.client("sagemaker")
        group = names.model_package_group_name(self.environment, WORKLOAD)
        listed = sagemaker.list_model_packages(
            ModelPackageGroupName=group,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=100,
        )["ModelPackageSummaryList"]
        return [
            sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"])
            for each in listed
        ]

    def served(self) -> list[str]:
        """Configurations that serve now: one, or none."""
        sagemaker = self.cloud.client("sagemaker")
        found = sagemaker.list_endpoints(
            NameContains=names.endpoint_name(self.environment, WORKLOAD)
        )["Endpoints"]
        return [
            sagemaker.describe_endpoint(EndpointName=each["EndpointName"])["EndpointConfigName"]
            for each in found
        ]

    def read(self, key: str) -> bytes:
        bucket = self.outputs["ArtifactBucketName"]
        content: bytes = self.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def page(self, execution: str) -> str:
        """What the person who is asked looks at."""
        return self.read(page_key(WORKLOAD, execution.rpartition(":")[2])).decode()

    def record(self, execution: str) -> ApprovalRecord:
        return ApprovalRecord.parse(self.read(record_key(WORKLOAD, execution.rpartition(":")[2])))


@dataclass(frozen=True)
class Two:
    """The environments `drill` and `next`."""

    first: Side
    second: Side
    registry: Registry
    account: Account

    def rookery(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
        """Exit status of an operator's command, and all that it printed."""
        environment = NEXT if "--env" not in arguments else ""
        place = ["--env", environment] if environment else []
        status = main([*arguments, *place, "--workload", WORKLOAD], account=self.account)
        captured = capsys.readouterr()
        printed = captured.out + captured.err
        with capsys.disabled():
            print(f"$ rookery {' '.join([*arguments, *place])} --workload {WORKLOAD}\n{printed}")
        return status, printed


@contextmanager
def deployed(folder: Path) -> Iterator[Two]:
    """Both environments, deployed by the unmodified CDK CLI."""
    config = write_configuration(folder, serving={WORKLOAD: SERVING}, deployment=DEPLOYMENT)
    _write_next(config)
    running = process.start(LocalCloudSettings(state_dir=folder / "cloud"), any_port=True)
    try:
        (running.state_dir / "images.toml").write_text(IMAGES)
        cloud, log = Cloud(running), folder / "cdk.log"
        account, region = running.account_id, running.region
        deploy.bootstrap(cloud.environment, account=account, region=region, log=log, say=print)
        for name in (ENVIRONMENT, NEXT):
            deploy.deploy(cloud.environment, name=name, config=config, log=log, say=print)
        first, second = (
            Side(
                cloud,
                name,
                read_outputs(
                    cloud.client("cloudformation"), stack_prefix=names.stack_name(name, "")
                ),
            )
            for name in (ENVIRONMENT, NEXT)
        )
        settings = load_settings(config, ENVIRONMENT, code=deploy.ROOT)
        registry = Registry(
            cloud,
            settings.workloads[0],
            environment=ENVIRONMENT,
            bucket=first.outputs["ArtifactBucketName"],
        )
        yield Two(first, second, registry, _account(cloud))
    finally:
        process.stop(running)


def _write_next(config: Path) -> None:
    """The second environment: as the first, but that packages come from there, to be approved
    on a page."""
    environments = config / "environments"
    content = yaml.safe_load((environments / f"{ENVIRONMENT}.yaml").read_text())
    content["promotion"] = {"from": ENVIRONMENT}
    content["deployment"]["approval"] = {"timeout_hours": 1}
    content["tags"]["environment"] = NEXT
    (environments / f"{NEXT}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def _account(cloud: Cloud) -> Account:
    keys = cloud.environment
    session = boto3.Session(
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name=cloud.settings.region,
    )
    return Account(
        session,
        endpoint_url=cloud.settings.endpoint_url,
        verify=str(cloud.settings.ca_bundle),
    )
