"""The approved model is laid beside a run's files, as it was then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.training import handler
from lambdas.training.champion import NoCheckpointsError
from tests.unit.lambdas.wire import by_methods, wired_client

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/rookery-test-churn/7"
EVENT = {
    "model_package_group_name": "rookery-test-churn",
    "champion_uri": "s3://b/churn/2/champion",
}
RESUMING = {**EVENT, "checkpoints_uri": "s3://b/churn/2/checkpoints", "num_round": 40}


class Registry:
    """A group whose approved packages are listed from the newest."""

    def __init__(self, *arns: str, metadata: dict[str, str] | None = None) -> None:
        self.arns = arns
        self.metadata = metadata or {}

    def ListModelPackages(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request["ModelApprovalStatus"] == "Approved"
        assert (request["SortBy"], request["SortOrder"]) == ("CreationTime", "Descending")
        common = {"CreationTime": 0, "ModelPackageStatus": "Completed"}
        return {
            "ModelPackageSummaryList": [{"ModelPackageArn": arn, **common} for arn in self.arns]
        }

    def DescribeModelPackage(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request == {"ModelPackageName": self.arns[0]}
        return {
            "InferenceSpecification": {
                "Containers": [
                    {"Image": "i", "ModelDataUrl": "s3://b/churn/1/model/j/model.tar.gz"}
                ]
            },
            "CustomerMetadataProperties": self.metadata,
        }


class Objects:
    """An S3 that knows keys, and copies and keeps objects."""

    def __init__(self, *keys: str) -> None:
        self.objects: dict[str, Any] = dict.fromkeys(keys, b"as trained")

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        self.objects[Key] = Body

    def copy(self, source: dict[str, str], bucket: str, key: str) -> None:
        self.objects[key] = self.objects[source["Key"]]

    def get_paginator(self, operation: str) -> Objects:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        yield {"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}


def call(
    monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], registry: Registry, s3: Objects
) -> dict[str, str]:
    clients = {"sagemaker": wired_client("sagemaker", by_methods(registry)), "s3": s3}
    monkeypatch.setattr(handler, "client", lambda service, **_: clients[service])
    return handler.find_champion(event, None)


def test_the_newest_approved_model_is_copied_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = Objects("churn/1/model/j/model.tar.gz")

    answer = call(monkeypatch, EVENT, Registry(ARN, metadata={"dataset_version": "abc"}), s3)

    assert answer == {"champion_uri": EVENT["champion_uri"], "model_package_arn": ARN}
    assert s3.objects["churn/2/champion/model.tar.gz"] == b"as trained"
    assert json.loads(s3.objects["churn/2/champion/champion.json"]) == {
        "schema_version": 1,
        "model_package_arn": ARN,
        "dataset_version": "abc",
    }


def test_the_first_run_finds_no_champion_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = Objects()

    answer = call(monkeypatch, EVENT, Registry(), s3)

    assert answer["model_package_arn"] == "none"
    assert list(s3.objects) == ["churn/2/champion/champion.json"]
    assert json.loads(s3.objects["churn/2/champion/champion.json"])["model_package_arn"] is None


def test_a_training_that_goes_on_gets_the_checkpoints_and_adds_its_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s3 = Objects("churn/1/model/j/model.tar.gz", "churn/1/checkpoints/xgboost-checkpoint.59")
    metadata = {"checkpoints": "s3://b/churn/1/checkpoints", "num_round": "60"}

    answer = call(monkeypatch, RESUMING, Registry(ARN, metadata=metadata), s3)

    assert answer["num_round"] == "100"
    assert s3.objects["churn/2/checkpoints/xgboost-checkpoint.59"] == b"as trained"


def test_a_training_that_goes_on_from_nothing_starts_from_scratch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert call(monkeypatch, RESUMING, Registry(), Objects())["num_round"] == "40"


def test_a_champion_without_checkpoints_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = Objects("churn/1/model/j/model.tar.gz")

    with pytest.raises(NoCheckpointsError, match=r"start_from to scratch"):
        call(monkeypatch, RESUMING, Registry(ARN), s3)


class Models:
    """SageMaker's models."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def DeleteModel(self, request: Any) -> dict[str, Any]:  # noqa: N802
        self.deleted.append(request["ModelName"])
        return {}


def test_the_model_of_a_batch_transform_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    models = Models()
    client = wired_client("sagemaker", by_methods(models))
    monkeypatch.setattr(handler, "client", lambda service: client)

    assert handler.delete_model({"model_name": "pipelines-1"}, None) == {
        "model_name": "pipelines-1"
    }
    assert models.deleted == ["pipelines-1"]


class Images:
    """ECR with one image."""

    def describe_images(self, **request: Any) -> dict[str, Any]:
        assert request == {"repositoryName": "r", "imageIds": [{"imageTag": "t"}]}
        return {"imageDetails": [{"imageDigest": "sha256:1"}]}


def test_the_digest_of_an_image_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "client", lambda service: Images())

    answer = handler.describe_image({"repository_name": "r", "image_tag": "t"}, None)

    assert answer == {"image_digest": "sha256:1"}
