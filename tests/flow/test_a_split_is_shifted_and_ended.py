"""Two models of tables share an endpoint's requests, and operators shift and end that."""

from __future__ import annotations

import contextlib
import io
import tarfile
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import xgboost

from contracts import names
from contracts.samples import CSV, Sample, Samples
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from demo.cloud import Cloud
from demo.errors import DemoError
from demo.follow import wait_for_deployment
from operate.__main__ import main
from operate.account import Account
from tests.flow.chain import ENVIRONMENT

pytestmark = pytest.mark.flow

WORKLOAD = "churn-xgboost"
ENDPOINT = names.endpoint_name(ENVIRONMENT, WORKLOAD)
GROUP = names.model_package_group_name(ENVIRONMENT, WORKLOAD)
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-1"
CLASSES = ("stays", "leaves")
PATIENCE_SECONDS = 60
PLACE = ["--env", ENVIRONMENT, "--workload", WORKLOAD]


def booster(threshold: float) -> bytes:
    """An archive with a model for which customers above the threshold leave."""
    features = np.linspace(0, 1, 400).reshape(-1, 1)
    data = xgboost.DMatrix(features, label=(features[:, 0] > threshold).astype(int))
    model = xgboost.train({"objective": "binary:logistic", "max_depth": 2}, data, 20)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "xgboost-model"
        model.save_model(file.with_suffix(".ubj"))
        file.with_suffix(".ubj").rename(file)
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            tar.add(file, arcname=file.name)
    return archive.getvalue()


def register(cloud: Cloud, bucket: str, run: str, *, threshold: float, right: bool = True) -> str:
    """A package of the built-in XGBoost, with samples that are right for it or wrong."""
    s3, prefix = cloud.client("s3"), f"{names.artifact_prefix(WORKLOAD)}{run}"
    s3.put_object(Bucket=bucket, Key=f"{prefix}/model.tar.gz", Body=booster(threshold))
    samples = []
    for number, value in enumerate((0.05, 0.35, 0.65, 0.95)):
        label = CLASSES[(value > threshold) == right]
        file = f"files/{number:02}.csv"
        s3.put_object(Bucket=bucket, Key=f"{prefix}/samples/{file}", Body=str(value).encode())
        samples.append(Sample(file=file, label=label, key=f"uploads/x.csv:{number}"))
    index = Samples(content_type=CSV, classes=CLASSES, samples=tuple(samples)).to_json()
    s3.put_object(Bucket=bucket, Key=f"{prefix}/samples/samples.json", Body=index.encode())
    created = cloud.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [
                {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/{prefix}/model.tar.gz"}
            ],
            "SupportedContentTypes": [CSV],
            "SupportedResponseMIMETypes": [CSV],
        },
        CustomerMetadataProperties={"samples": f"s3://{bucket}/{prefix}/samples"},
    )
    return str(created["ModelPackageArn"])


def approve(cloud: Cloud, arn: str) -> None:
    since = datetime.now(UTC)
    cloud.client("sagemaker").update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved"
    )
    settings = cloud.settings
    name = names.deployment_state_machine_name(ENVIRONMENT, WORKLOAD)
    wait_for_deployment(
        cloud.client("stepfunctions"),
        state_machine_arn=f"arn:aws:states:{settings.region}:{settings.account_id}:stateMachine:{name}",
        package_arn=arn,
        since=since,
        say=print,
        explain=lambda: settings.log_file.read_text()[-4000:],
    )


def shares(cloud: Cloud) -> dict[str, float]:
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return {
        variant["VariantName"]: round(variant["CurrentWeight"], 3)
        for variant in described["ProductionVariants"]
    }


def answers(cloud: Cloud, value: float, times: int = 40) -> set[bool]:
    """Whether customers with this feature leave, as the endpoint's users are told."""
    runtime = cloud.client("sagemaker-runtime")
    found = set()
    for _ in range(times):
        answer = runtime.invoke_endpoint(
            EndpointName=ENDPOINT, ContentType=CSV, Body=str(value).encode()
        )
        found.add(float(answer["Body"].read()) > 0.5)
    return found


class Operator:
    """Runs the commands in the tests' cloud."""

    def __init__(self, cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
        keys = cloud.environment
        self._account = Account(
            boto3.Session(
                aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
                region_name=cloud.settings.region,
            ),
            endpoint_url=cloud.settings.endpoint_url,
            verify=str(cloud.settings.ca_bundle),
        )
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Exit status and all that was printed."""
        status = main([*arguments, *PLACE], account=self._account)
        printed = self._capsys.readouterr()
        return status, printed.out + printed.err


@pytest.fixture
def operate(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(cloud, capsys)


@pytest.fixture
def bucket(outputs: dict[str, str]) -> str:
    return outputs["ArtifactBucketName"]


def remove_endpoint(cloud: Cloud) -> None:
    """With the models and configurations of its deployments."""
    sagemaker = cloud.client("sagemaker")
    with contextlib.suppress(sagemaker.exceptions.ClientError):
        sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    end = time.monotonic() + PATIENCE_SECONDS
    while sagemaker.list_endpoints(NameContains=ENDPOINT)["Endpoints"]:
        assert time.monotonic() < end, f"{ENDPOINT} is still there"
        time.sleep(0.2)
    made = {"NameContains": f"{GROUP}-v", "MaxResults": 100}
    for item in sagemaker.list_endpoint_configs(**made)["EndpointConfigs"]:
        sagemaker.delete_endpoint_config(EndpointConfigName=item["EndpointConfigName"])
    for item in sagemaker.list_models(**made)["Models"]:
        sagemaker.delete_model(ModelName=item["ModelName"])


@pytest.fixture
def made(cloud: Cloud) -> Iterator[list[str]]:
    """ARNs of the packages that a test makes; no later model is to be compared with them."""
    remove_endpoint(cloud)
    arns: list[str] = []
    yield arns
    remove_endpoint(cloud)
    for arn in arns:
        cloud.client("sagemaker").delete_model_package(ModelPackageName=arn)


def test_a_split_goes_from_the_approval_to_its_end(
    cloud: Cloud, bucket: str, operate: Operator, made: list[str]
) -> None:
    """One test, as each step needs what the one before it left."""
    sagemaker: Any = cloud.client("sagemaker")
    # The delivery that trained the first model; what 0.65 means has drifted by the second.
    first = register(cloud, bucket, "first", threshold=0.8)
    second = register(cloud, bucket, "second", threshold=0.5)
    wrong = register(cloud, bucket, "wrong", threshold=0.5, right=False)
    made += [first, second, wrong]

    status, told = operate("shift", "--share", "0.5")
    assert (status, "there is no endpoint" in told) == (1, True), told

    approve(cloud, first)
    assert shares(cloud) == {OLD_VARIANT: 1}
    status, told = operate("shift", "--share", "0.5")
    assert (status, "no split is on" in told) == (1, True), told

    with pytest.raises(DemoError, match="Smoke test"):
        approve(cloud, wrong)
    assert shares(cloud) == {OLD_VARIANT: 1}

    approve(cloud, second)
    assert shares(cloud)[NEW_VARIANT] == pytest.approx(0.2)
    sagemaker.update_model_package(ModelPackageArn=wrong, ModelApprovalStatus="Rejected")
    with pytest.raises(DemoError, match="end the split"):
        approve(cloud, wrong)

    status, told = operate("shift", "--share", "0.5")
    assert status == 0, told
    assert shares(cloud) == {OLD_VARIANT: 0.5, NEW_VARIANT: 0.5}
    assert answers(cloud, 0.65) == {True, False}
    status, told = operate("status")
    assert (status, told.count("50 %"), second.rpartition("/")[2] in told) == (0, 2, True), told

    status, told = operate("end", "--winner", "new")
    assert status == 0, told
    assert shares(cloud) == {OLD_VARIANT: 1}
    assert answers(cloud, 0.65) == {True}
    left = sagemaker.list_endpoint_configs(NameContains=f"{GROUP}-v")["EndpointConfigs"]
    assert len(left) == 2

    third = register(cloud, bucket, "third", threshold=0.9)
    made.append(third)
    approve(cloud, third)
    assert NEW_VARIANT in shares(cloud)
    status, told = operate("end", "--winner", "old")
    assert status == 0, told
    assert answers(cloud, 0.65) == {True}
    described = sagemaker.describe_model_package(ModelPackageName=third)
    assert described["ModelApprovalStatus"] == "Rejected"
