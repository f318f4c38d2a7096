from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.serving import Rollout, Shadow
from lambdas.deployment.preflight import Preflight, PreflightFailed
from lambdas.deployment.preflight_capacity import Capacity
from lambdas.deployment.preflight_package import PackageCheck
from tests.unit.lambdas.capacity_doubles import Ec2, Quotas
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    MODEL,
    MODEL_URI,
    OWN_IMAGE,
    PACKAGE,
    SageMaker,
    package,
    plan_for,
    serving,
)

ALARM = "rookery-test-birds-wrong-answers"
OTHER_ENDPOINT = "rookery-test-cats"


class Account:
    """What the preflight asks but for SageMaker: S3, ECR and CloudWatch."""

    def __init__(self) -> None:
        self.objects = {MODEL_URI: MODEL}
        self.images = {"0a1b"}
        self.denied = False
        self.alarms = {ALARM: "OK"}

    def get_object(self, **request: Any) -> dict[str, Any]:
        uri = f"s3://{request['Bucket']}/{request['Key']}"
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        if uri not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "none"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[uri])}

    def head_object(self, **request: Any) -> dict[str, Any]:
        if f"s3://{request['Bucket']}/{request['Key']}" not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {}

    def batch_get_image(self, **request: Any) -> dict[str, Any]:
        assert request["registryId"] == "123456789012"
        if request["repositoryName"] != "rookery-test-birds":
            error = {"Code": "RepositoryNotFoundException", "Message": "none"}
            raise ClientError({"Error": error}, "BatchGetImage")
        (image,) = request["imageIds"]
        return {"images": [image] if image.get("imageTag") in self.images else []}

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        states = {name: self.alarms[name] for name in request["AlarmNames"] if name in self.alarms}
        listed = [{"AlarmName": name, "StateValue": state} for name, state in states.items()]
        return {"MetricAlarms": listed}


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


@pytest.fixture
def account() -> Account:
    return Account()


def fly(
    sagemaker: SageMaker,
    account: Account,
    *,
    quotas: Quotas | None = None,
    ec2: Ec2 | None = None,
    plan: dict[str, Any] | None = None,
    **ways: Any,
) -> dict[str, Any]:
    plan = plan or plan_for(sagemaker, **ways)
    return Preflight(
        package=PackageCheck(
            sagemaker=sagemaker.client(), ecr=account, s3=account, account="123456789012"
        ),
        capacity=Capacity(
            sagemaker=sagemaker.client(),
            quotas=(quotas or Quotas()).client(),
            ec2=ec2 or Ec2(),
            serving=serving(**ways),
            endpoint_name=ENDPOINT,
            endpoints=[ENDPOINT, OTHER_ENDPOINT],
        ),
        cloudwatch=account,
        alarms=[ALARM],
    ).run(plan)


def told(sagemaker: SageMaker, account: Account, **options: Any) -> str:
    with pytest.raises(PreflightFailed) as caught:
        fly(sagemaker, account, **options)
    return str(caught.value)


def change(sagemaker: SageMaker, **changes: Any) -> None:
    """Let the package's container be another."""
    sagemaker.packages[PACKAGE]["InferenceSpecification"]["Containers"][0] |= changes


def test_a_deployment_that_can_succeed_changes_nothing_in_its_plan(
    sagemaker: SageMaker, account: Account
) -> None:
    plan = plan_for(sagemaker)

    answer = fly(sagemaker, account, plan=plan)

    assert answer == {"plan": {"endpoint": plan["endpoint"], "summary": plan["summary"]}}


def test_all_faults_are_told_together(sagemaker: SageMaker, account: Account) -> None:
    plan = plan_for(sagemaker)
    sagemaker.packages[PACKAGE] = package(3, ModelApprovalStatus="Rejected")
    change(sagemaker, Image=OWN_IMAGE.replace("0a1b", "gone"))
    account.objects[MODEL_URI] = b"another model"
    quotas = Quotas({"ml.m5.large for endpoint usage": 0.0})

    text = told(sagemaker, account, plan=plan, quotas=quotas, ec2=Ec2({}))

    for part in (
        "is Rejected now: approve it again",
        "rookery-test-birds:gone does not exist",
        "is not the one that was evaluated: its sha256 is",
        "the quota 'ml.m5.large for endpoint usage' is 0 and 1 are needed",
        "no zone of eu-west-1 offers m5.large",
    ):
        assert part in text


def test_an_image_of_this_account_has_to_exist(sagemaker: SageMaker, account: Account) -> None:
    change(sagemaker, Image=OWN_IMAGE)
    fly(sagemaker, account)
    change(sagemaker, Image=OWN_IMAGE.replace("rookery-test-birds", "elsewhere"))
    assert "nor its repository" in told(sagemaker, account)


def test_a_model_that_was_deleted_is_named(sagemaker: SageMaker, account: Account) -> None:
    account.objects.clear()
    assert f"its model {MODEL_URI} does not exist" in told(sagemaker, account)


def test_a_package_without_a_digest_is_told_and_not_refused(
    sagemaker: SageMaker, account: Account
) -> None:
    del sagemaker.packages[PACKAGE]["CustomerMetadataProperties"]["model_sha256"]

    assert "too old to have" in fly(sagemaker, account)["plan"]["summary"]
    account.objects.clear()
    assert "does not exist" in told(sagemaker, account)


def test_what_may_not_be_read_is_told_and_not_refused(
    sagemaker: SageMaker, account: Account
) -> None:
    account.denied = True
    quotas = Quotas()
    quotas.denied = True

    summary = fly(sagemaker, account, quotas=quotas)["plan"]["summary"]

    assert "may not be read here" in summary
    assert "quotas may not be read" in summary


@pytest.mark.parametrize(
    ("rollout", "enough"), [(Rollout(), 5.0), (Rollout(strategy="rolling", step_percent=50), 4.0)]
)
def test_what_runs_and_what_is_started_beside_it_has_to_fit(
    sagemaker: SageMaker, account: Account, rollout: Rollout, enough: float
) -> None:
    """Two instances of this endpoint, one of another, and two or, in batches, one new one."""
    for endpoint, count in ((ENDPOINT, 2), (OTHER_ENDPOINT, 1)):
        sagemaker.serve(f"{GROUP}-v2-00000000")
        running = dict(sagemaker.endpoints[ENDPOINT])
        running["ProductionVariants"] = [
            {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentInstanceCount": count}
        ]
        sagemaker.endpoints[endpoint] = running
        if endpoint == OTHER_ENDPOINT:
            sagemaker.endpoints[ENDPOINT]["ProductionVariants"] = [
                {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentInstanceCount": 2}
            ]
    name = "ml.m5.large for endpoint usage"
    ways: dict[str, Any] = {"instance_count": 2, "rollout": rollout}

    fly(sagemaker, account, quotas=Quotas({name: enough}), **ways)
    text = told(sagemaker, account, quotas=Quotas({name: enough - 1}), **ways)

    assert f"is {enough - 1:g} and {enough:g} are needed" in text
    assert f"2 of {ENDPOINT}, 1 of {OTHER_ENDPOINT}" in text


@pytest.mark.parametrize(
    ("ways", "new"),
    [
        pytest.param({"first_share": 0.1}, 1 + 2, id="old-and-new-of-a-split"),
        pytest.param(
            {"update": "shadow", "shadow": Shadow(minutes=30, sample_percent=50)},
            (1 + 2) + (2 - 1),
            id="shadow-then-alone",
        ),
    ],
)
def test_two_models_beside_each_other_need_the_instances_of_both(
    sagemaker: SageMaker, account: Account, ways: dict[str, Any], new: int
) -> None:
    """One instance serves, and both models come beside it; the new one has two."""
    sagemaker.do(plan_for(sagemaker, 3))
    newer = package(4)
    sagemaker.packages[newer["ModelPackageArn"]] = newer
    ways = {**ways, "instance_count": 2}
    plan = plan_for(sagemaker, 4, **ways)
    name, needed = "ml.m5.large for endpoint usage", 1.0 + new

    fly(sagemaker, account, plan=plan, quotas=Quotas({name: needed}), **ways)
    text = told(sagemaker, account, plan=plan, quotas=Quotas({name: needed - 1}), **ways)

    assert f"{needed:g} are needed: {new} new ones beside 1 of {ENDPOINT}" in text


def test_a_quota_that_is_not_listed_is_told(sagemaker: SageMaker, account: Account) -> None:
    assert "lists no quota" in fly(sagemaker, account, quotas=Quotas({}))["plan"]["summary"]


def test_a_type_that_ec2_does_not_know_is_told_and_not_refused(
    sagemaker: SageMaker, account: Account
) -> None:
    summary = fly(sagemaker, account, instance_type="ml.rook.large")["plan"]["summary"]
    assert "EC2 knows no type rook.large" in summary


def test_alarms_that_cannot_guard_are_left_out_and_named(
    sagemaker: SageMaker, account: Account
) -> None:
    sagemaker.serve(f"{GROUP}-v2-00000000")
    guarded = fly(sagemaker, account)["plan"]["endpoint"]["DeploymentConfig"]
    account.alarms[ALARM] = "ALARM"
    off = fly(sagemaker, account)["plan"]
    account.alarms.clear()
    missing = fly(sagemaker, account)["plan"]

    assert guarded["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": ALARM}]}
    for answer in (off, missing):
        assert "AutoRollbackConfiguration" not in answer["endpoint"]["DeploymentConfig"]
        assert "BlueGreenUpdatePolicy" in answer["endpoint"]["DeploymentConfig"]
    assert "had gone off before" in off["summary"]
    assert "is missing" in missing["summary"]
