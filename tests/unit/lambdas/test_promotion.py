"""The very same package comes to the next environment once, or not at all."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts import names
from contracts.champion_record import ChampionRecord, Deployed
from lambdas.promotion import handler
from lambdas.promotion.copying import Copier
from lambdas.promotion.errors import PromotionRefused
from lambdas.promotion.promote import Promoter
from lambdas.promotion.settings import PromoteSettings
from lambdas.promotion.source import Source
from tests.unit.lambdas.promotion_doubles import (
    SOURCE,
    SOURCE_GROUP,
    TARGET,
    TARGET_GROUP,
    Parameters,
    Registry,
)

MODEL = b"weights " * 1000
DIGEST = hashlib.sha256(MODEL).hexdigest()
NOW = datetime(2026, 11, 21, 11, 37, 53, tzinfo=UTC)
PARAMETER = names.champion_parameter("dev", "birds")


class Two:
    """Two environments, dev and staging, with a bucket each, and version 3 approved in dev."""

    def __init__(self, s3: Any, source_bucket: str, target_bucket: str) -> None:
        self.s3, self.source_bucket, self.target_bucket = s3, source_bucket, target_bucket
        self.dev, self.staging, self.ssm = Registry(SOURCE), Registry(TARGET), Parameters()
        self.now = NOW
        for key, body in (
            ("run/model/job/output/model.tar.gz", MODEL),
            ("run/evaluation/evaluation.json", b"{}"),
            ("run/evaluation/evaluation.html", b"<html>"),
            ("run/evaluation/roc.png", b"png"),
            ("run/samples/samples.json", b"{}"),
            ("run/samples/files/00 ä.csv", b"1,2"),
            ("run/report/baseline.json", b"{}"),
            ("run/samples-of-another/x", b"not this"),
        ):
            s3.put_object(Bucket=source_bucket, Key=f"birds/{key}", Body=body)
        self.package = self.register(3)

    def uri(self, path: str) -> str:
        return f"s3://{self.source_bucket}/birds/run/{path}"

    def register(self, version: int, **metadata: str) -> dict[str, Any]:
        container = {
            "Image": "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-1",
            "ModelDataUrl": self.uri("model/job/output/model.tar.gz"),
            "ModelDataETag": self.entity_tag(),
        }
        report = {
            "ContentType": "application/json",
            "S3Uri": self.uri("evaluation/evaluation.json"),
        }
        return self.dev.add(
            SOURCE_GROUP,
            version,
            ModelApprovalStatus="Approved",
            ModelPackageDescription="Trained by the pipeline",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            ModelMetrics={"ModelQuality": {"Statistics": report}},
            ModelCard={"ModelCardContent": "{}", "ModelCardStatus": "PendingReview"},
            CustomerMetadataProperties={
                "dataset_version": "d" * 64,
                "dataset_manifest": "s3://data-of-dev/datasets/birds/d/manifest.json",
                "samples": self.uri("samples"),
                "baseline": self.uri("report"),
                "evaluation_report": self.uri("evaluation/evaluation.json"),
                "git_commit": "abc",
                "model_sha256": DIGEST,
                **metadata,
            },
        )

    def entity_tag(self) -> str:
        key = "birds/run/model/job/output/model.tar.gz"
        found: str = self.s3.head_object(Bucket=self.source_bucket, Key=key)["ETag"]
        return found.strip('"')

    def let_serve(self, version: int) -> None:
        arn = f"{SOURCE}:model-package/{SOURCE_GROUP}/{version}"
        champion = Deployed(package=arn, version=version, model="m", config="m")
        self.ssm.values[PARAMETER] = ChampionRecord(champion=champion).to_json()

    def promoter(self, *, part_bytes: int = 5 * 1024 * 1024) -> Promoter:
        return Promoter(
            settings=PromoteSettings(
                environment="staging",
                source="dev",
                source_account="111111111111",
                source_role_arn="arn:aws:iam::111111111111:role/rookery-dev-promotion",
                external_id="rookery-dev-to-staging",
                workloads=("birds",),
                artifact_bucket=self.target_bucket,
            ),
            source=Source(
                environment="dev",
                registry=SOURCE,
                sagemaker=self.dev.client(),
                ssm=self.ssm.client(),
            ),
            copier=Copier(
                source=self.s3, target=self.s3, bucket=self.target_bucket, part_bytes=part_bytes
            ),
            sagemaker=self.staging.client(),
            s3=self.s3,
            clock=lambda: self.now,
        )

    def promote(self, version: int | None = 3) -> dict[str, Any]:
        return self.promoter().promote("birds", version)

    def copied(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket=self.target_bucket).get("Contents", [])
        return {
            each["Key"]: self.s3.get_object(Bucket=self.target_bucket, Key=each["Key"])[
                "Body"
            ].read()
            for each in listed
        }


@pytest.fixture
def two(s3: Any, bucket: str) -> Two:
    target = f"{bucket}-next"
    s3.create_bucket(Bucket=target, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Two(s3, bucket, target)


def test_the_package_is_registered_with_the_same_lineage_and_waits_for_approval(two: Two) -> None:
    two.let_serve(3)

    answer = two.promote()

    (made,) = two.staging.packages.values()
    assert answer["package"] == made["ModelPackageArn"]
    model = made["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    run = model.removeprefix(f"s3://{two.target_bucket}/birds/").partition("/")[0]
    assert run.startswith("promoted-dev-v3-")
    here = f"s3://{two.target_bucket}/birds/{run}"
    assert made["ModelPackageGroupName"] == TARGET_GROUP
    assert made["ModelApprovalStatus"] == "PendingManualApproval"
    assert made["ModelCard"] == two.package["ModelCard"]
    (container,) = made["InferenceSpecification"]["Containers"]
    (before,) = two.package["InferenceSpecification"]["Containers"]
    assert container == {
        "Image": before["Image"],
        "ModelDataUrl": f"{here}/model/job/output/model.tar.gz",
    }
    report = made["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert report == f"{here}/evaluation/evaluation.json"
    assert made["CustomerMetadataProperties"] == {
        **two.package["CustomerMetadataProperties"],
        "samples": f"{here}/samples",
        "baseline": f"{here}/report",
        "evaluation_report": f"{here}/evaluation/evaluation.json",
        "promoted_from": two.package["ModelPackageArn"],
        "promoted_at": "2026-11-21T11:37:53+00:00",
    }
    assert (answer["version"], answer["nothing_to_do"], answer["copied_objects"]) == (1, False, 7)
    assert "Version 3 of dev, which serves in dev, is version 1" in answer["summary"]


def test_what_the_package_names_is_copied_and_nothing_else(two: Two) -> None:
    two.promote()

    found = {key.partition("/")[2].partition("/")[2]: body for key, body in two.copied().items()}
    del found["promotion.json"]
    assert found == {
        "model/job/output/model.tar.gz": MODEL,
        "evaluation/evaluation.json": b"{}",
        "evaluation/evaluation.html": b"<html>",
        "evaluation/roc.png": b"png",
        "samples/samples.json": b"{}",
        "samples/files/00 ä.csv": b"1,2",
        "report/baseline.json": b"{}",
    }


def test_the_same_package_twice_is_one_registration(two: Two) -> None:
    first = two.promote()
    two.now = NOW.replace(hour=23)

    again = two.promote()

    assert len(two.staging.packages) == 1
    assert again == {**first, "copied_objects": 0, "nothing_to_do": True}


def test_the_same_package_at_once_is_one_registration(two: Two) -> None:
    faults: list[BaseException] = []

    def promote() -> None:
        try:
            two.promote()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=promote) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults
    assert len(two.staging.created) == 1


def test_a_promotion_that_broke_in_the_middle_goes_on(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: Any) -> Any:
        raise AssertionError("the function is gone")

    monkeypatch.setattr(two.staging, "CreateModelPackage", broken)
    with pytest.raises(AssertionError):
        two.promote()
    monkeypatch.undo()
    two.now = NOW.replace(hour=23)

    answer = two.promote()

    assert answer["version"] == 1
    (made,) = two.staging.packages.values()
    assert made["CustomerMetadataProperties"]["promoted_at"] == "2026-11-21T11:37:53+00:00"


def test_a_package_that_was_deleted_here_is_registered_anew(two: Two) -> None:
    del two.staging.packages[two.promote()["package"]]
    two.now = NOW.replace(hour=23)

    answer = two.promote()

    assert answer["version"] == 2
    assert list(two.staging.packages) == [answer["package"]]


def test_a_version_of_a_group_made_anew_is_another_package(two: Two) -> None:
    first = two.promote()
    two.package["CreationTime"] += 1000

    second = two.promote()

    assert (first["version"], second["version"]) == (1, 2)
    urls = {
        each["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        for each in two.staging.packages.values()
    }
    assert len(urls) == 2


def test_without_a_version_what_serves_is_promoted(two: Two) -> None:
    two.register(4)
    two.let_serve(3)

    assert two.promote(None)["promoted_from"] == two.package["ModelPackageArn"]


def test_without_a_version_and_a_record_the_last_approved_is_promoted(two: Two) -> None:
    last = two.register(4)
    two.register(5)["ModelApprovalStatus"] = "Rejected"

    answer = two.promote(None)

    assert answer["promoted_from"] == last["ModelPackageArn"]
    assert "dev has no record that it serves there" in answer["summary"]


def test_what_does_not_serve_in_the_source_is_refused(two: Two) -> None:
    two.register(4)
    two.let_serve(4)

    with pytest.raises(PromotionRefused, match="that is version 4"):
        two.promote(3)
    assert (two.staging.packages, two.copied()) == ({}, {})


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_what_is_not_approved_is_refused(two: Two, status: str) -> None:
    two.package["ModelApprovalStatus"] = status

    with pytest.raises(PromotionRefused, match=f"is {status} in dev"):
        two.promote()
    assert (two.staging.packages, two.copied()) == ({}, {})


def test_a_version_that_is_not_there_is_refused(two: Two) -> None:
    with pytest.raises(PromotionRefused, match="is not there"):
        two.promote(9)


def test_without_any_approved_package_there_is_nothing_to_promote(two: Two) -> None:
    two.package["ModelApprovalStatus"] = "Rejected"

    with pytest.raises(PromotionRefused, match="no package of"):
        two.promote(None)


def test_a_workload_of_one_environment_alone_is_refused(two: Two) -> None:
    with pytest.raises(PromotionRefused, match="those are birds"):
        two.promoter().promote("cats", None)


@pytest.mark.parametrize("part_bytes", [5 * 1024 * 1024, 1000])
def test_a_model_that_is_not_the_registered_one_never_comes_here(two: Two, part_bytes: int) -> None:
    container = two.package["InferenceSpecification"]["Containers"][0]
    del container["ModelDataETag"]
    two.package["CustomerMetadataProperties"]["model_sha256"] = "0" * 64

    with pytest.raises(PromotionRefused, match="Do not serve it"):
        two.promoter(part_bytes=part_bytes).promote("birds", 3)
    assert two.staging.packages == {}
    assert [key for key in two.copied() if not key.endswith("promotion.json")] == []
    uploads = two.s3.list_multipart_uploads(Bucket=two.target_bucket)
    assert not uploads.get("Uploads")


def test_a_model_that_was_replaced_after_its_registration_is_refused(two: Two) -> None:
    del two.package["CustomerMetadataProperties"]["model_sha256"]
    two.s3.put_object(
        Bucket=two.source_bucket, Key="birds/run/model/job/output/model.tar.gz", Body=b"other"
    )

    with pytest.raises(PromotionRefused, match="was replaced since"):
        two.promote()
    assert two.staging.packages == {}


def test_the_entity_tag_is_enough_and_the_digest_is_registered(two: Two) -> None:
    del two.package["CustomerMetadataProperties"]["model_sha256"]

    assert two.promote()["model_sha256"] == DIGEST


def test_a_model_that_cannot_be_verified_is_refused(two: Two) -> None:
    del two.package["CustomerMetadataProperties"]["model_sha256"]
    del two.package["InferenceSpecification"]["Containers"][0]["ModelDataETag"]

    with pytest.raises(PromotionRefused, match="cannot be known to be the same"):
        two.promote()


@pytest.mark.parametrize("place", ["cats/run/samples", "birds/samples"])
def test_what_lies_elsewhere_is_refused(two: Two, place: str) -> None:
    uri = f"s3://{two.source_bucket}/{place}"
    two.package["CustomerMetadataProperties"]["samples"] = uri

    with pytest.raises(PromotionRefused, match="does not lie below birds/<run>/"):
        two.promote()


def test_a_large_model_is_copied_in_parts(two: Two) -> None:
    large = bytes(range(256)) * 50_000
    key = "birds/run/large"
    two.s3.put_object(Bucket=two.source_bucket, Key=key, Body=large)
    copier = Copier(
        source=two.s3, target=two.s3, bucket=two.target_bucket, part_bytes=5 * 1024 * 1024
    )

    digest, size = copier.copy(f"s3://{two.source_bucket}/{key}", "copy")

    assert (digest, size) == (hashlib.sha256(large).hexdigest(), len(large))
    assert two.copied()["copy"] == large


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({}, "workload"),
        ({"workload": ""}, "workload"),
        ({"workload": "birds", "version": "3"}, "version"),
        ({"workload": "birds", "version": 0}, "version"),
        ({"workload": "birds", "version": True}, "version"),
    ],
)
def test_what_is_no_request_is_refused_before_any_role_is_assumed(
    event: dict[str, Any], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ENVIRONMENT", "SOURCE", "SOURCE_ACCOUNT", "SOURCE_ROLE_ARN", "EXTERNAL_ID"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("WORKLOADS", "birds")
    monkeypatch.setenv("ARTIFACT_BUCKET", "x")

    with pytest.raises(PromotionRefused, match=fault):
        handler.promote(event, None)
