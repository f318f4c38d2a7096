"""Why customers leave drifts from one delivery to the next: a new model, and a better rival."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts import names
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from demo import objects, traffic
from demo.catalog import CUSTOMERS_FILE
from demo.cloud import Cloud
from demo.datasets.churn import write_churn
from demo.errors import DemoError
from demo.workload_run import WorkloadRun, report_uri
from tests.flow.chain import ENVIRONMENT
from tests.flow.workloads import stages_of, train

pytestmark = pytest.mark.flow

WORKLOAD = "churn-xgboost"
CUSTOMERS = 3000
TOO_FEW = 500
GROUP = names.model_package_group_name(ENVIRONMENT, WORKLOAD)


def delivery(number: int, count: int = CUSTOMERS) -> Callable[[Path], object]:
    return lambda folder: write_churn(folder / CUSTOMERS_FILE, delivery=number, count=count)


@pytest.fixture(scope="module")
def stages(
    cloud: Cloud, outputs: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> WorkloadRun:
    return stages_of(WORKLOAD, cloud, outputs, tmp_path_factory.mktemp(WORKLOAD))


@pytest.fixture(scope="module")
def first(stages: WorkloadRun) -> dict[str, Any]:
    """The model of the first delivery, serving alone."""
    package = stages.deploy(train(stages, delivery(1)), "")
    assert not traffic.is_split(stages)
    return package


@pytest.fixture(scope="module")
def second(stages: WorkloadRun, first: dict[str, Any]) -> dict[str, Any]:
    """The model of the second delivery, serving beside the first."""
    return stages.deploy(train(stages, delivery(2)), "")


@pytest.fixture(scope="module")
def winner(stages: WorkloadRun, second: dict[str, Any]) -> dict[str, Any]:
    """The model of the second delivery, serving alone."""
    if traffic.is_split(stages):
        traffic.operate(stages, "end", "--winner", "new")
    return second


def report_of(cloud: Cloud, package: dict[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = objects.read_json(cloud.client("s3"), report_uri(package))
    return report


def weights(cloud: Cloud, stages: WorkloadRun) -> dict[str, float]:
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=stages.endpoint)
    return {
        variant["VariantName"]: variant["CurrentWeight"]
        for variant in described["ProductionVariants"]
    }


def test_the_first_model_is_compared_with_nothing_but_the_floor(
    cloud: Cloud, first: dict[str, Any]
) -> None:
    report = report_of(cloud, first)
    assert report["champion"] is None
    assert report["metrics"]["auc"]["value"] >= 0.8


def test_both_models_are_judged_by_the_same_rows_of_the_new_delivery(
    cloud: Cloud, first: dict[str, Any], second: dict[str, Any]
) -> None:
    report = report_of(cloud, second)
    assert report["champion"]["model_package_arn"] == first["ModelPackageArn"]
    dataset = first["CustomerMetadataProperties"]["dataset_version"]
    assert report["champion"]["dataset_version"] == dataset
    assert second["CustomerMetadataProperties"]["dataset_version"] != dataset
    comparison = report["comparison"]
    assert comparison["metric"] == "auc"
    assert comparison["candidate"] >= 0.8 > 0.7 > comparison["champion"]
    assert comparison["shortfall"] == 0.0


def test_the_new_delivery_replaces_the_old_one(cloud: Cloud, second: dict[str, Any]) -> None:
    manifest = objects.read_json(
        cloud.client("s3"), second["CustomerMetadataProperties"]["dataset_manifest"]
    )
    assert [item["key"].rpartition("/")[2] for item in manifest["objects"]] == [CUSTOMERS_FILE]


def test_requests_are_split_shifted_and_given_to_the_new_model(
    cloud: Cloud, stages: WorkloadRun, second: dict[str, Any]
) -> None:
    """One test, as each step needs what the one before it left."""
    assert weights(cloud, stages)[NEW_VARIANT] == pytest.approx(0.2)
    answers = traffic.count_answers(stages, second)
    assert set(answers) == {OLD_VARIANT, NEW_VARIANT}
    assert len(answers[OLD_VARIANT]) > len(answers[NEW_VARIANT])

    traffic.operate(stages, "shift", "--share", "0.5")
    assert weights(cloud, stages) == pytest.approx({OLD_VARIANT: 0.5, NEW_VARIANT: 0.5})
    answers = traffic.count_answers(stages, second)
    right = {
        name: sum(item.right for item in given) / len(given) for name, given in answers.items()
    }
    assert right[NEW_VARIANT] > right[OLD_VARIANT]

    traffic.operate(stages, "end", "--winner", "new")
    assert set(traffic.count_answers(stages, second)) == {OLD_VARIANT}
    config = cloud.client("sagemaker").describe_endpoint(EndpointName=stages.endpoint)
    assert f"-v{second['ModelPackageVersion']}-" in config["EndpointConfigName"]


def test_a_candidate_that_is_worse_than_the_approved_model_is_not_registered(
    cloud: Cloud, stages: WorkloadRun, winner: dict[str, Any]
) -> None:
    before = packages(cloud)
    with pytest.raises(DemoError, match="falls short of the approved model's by") as refused:
        train(stages, delivery(2, TOO_FEW))
    assert packages(cloud) == before
    uri = str(refused.value).partition("Report: ")[2].split()[0].rstrip(".")
    comparison = objects.read_json(cloud.client("s3"), uri)["comparison"]
    assert comparison["shortfall"] > 0
    assert comparison["candidate"] < comparison["champion"]


def packages(cloud: Cloud) -> set[str]:
    listed = cloud.client("sagemaker").list_model_packages(
        ModelPackageGroupName=GROUP, MaxResults=100
    )
    return {item["ModelPackageArn"] for item in listed["ModelPackageSummaryList"]}
