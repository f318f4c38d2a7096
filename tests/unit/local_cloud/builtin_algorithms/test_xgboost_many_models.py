"""The stand-in for XGBoost with many models in one process."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from local_cloud.containers import xgboost_serving
from local_cloud.containers.serving_http import Request
from local_cloud.containers.xgboost_many_models import ManyModels
from local_cloud.containers.xgboost_serving import Front, ModelError
from tests.local_cloud_fixture import RunningCloud

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-1"


def model(label: float) -> bytes:
    """A model that answers each row of two numbers with nearly this."""
    matrix = xgboost.DMatrix(np.zeros((4, 2)), label=np.full(4, label))
    return bytes(xgboost.train({"base_score": label}, matrix, num_boost_round=1).save_raw("ubj"))


@pytest.fixture
def many(tmp_path: Path) -> ManyModels:
    for name, label in (("one", 1.0), ("two", 2.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "xgboost-model").write_bytes(model(label))
    (tmp_path / "none").mkdir()
    return ManyModels(
        lambda folder: Front(xgboost_serving.load(folder), {}, threads=1).answer, ModelError
    )


def ask(many: ManyModels, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    answer = many.answer(Request(method, path, {"content-type": "text/csv"}, body))
    return answer.status, answer.body


def load(many: ManyModels, folder: Path, name: str) -> int:
    body = json.dumps({"model_name": name, "url": str(folder / name)}).encode()
    return ask(many, "POST", "/models", body)[0]


def test_each_model_answers_once_it_is_loaded(many: ManyModels, tmp_path: Path) -> None:
    assert ask(many, "GET", "/ping")[0] == 200
    assert ask(many, "POST", "/models/one/invoke", b"0,0")[0] == 404
    assert [load(many, tmp_path, name) for name in ("one", "two")] == [200, 200]
    assert ask(many, "POST", "/models/one/invoke", b"0,0") == (200, b"1.0")
    assert ask(many, "POST", "/models/two/invoke", b"0,0") == (200, b"2.0")
    listed: Any = json.loads(ask(many, "GET", "/models")[1])
    assert [one["modelName"] for one in listed["models"]] == ["one", "two"]


def test_a_model_can_be_loaded_and_unloaded_once(many: ManyModels, tmp_path: Path) -> None:
    assert [load(many, tmp_path, "one") for _ in range(2)] == [200, 409]
    assert ask(many, "GET", "/models/one")[0] == 200
    assert ask(many, "DELETE", "/models/one")[0] == 200
    assert [ask(many, method, "/models/one")[0] for method in ("GET", "DELETE")] == [404, 404]


def test_what_is_no_model_is_not_loaded(many: ManyModels, tmp_path: Path) -> None:
    assert load(many, tmp_path, "none") == 500
    assert ask(many, "POST", "/models", b"nothing")[0] == 400
    assert json.loads(ask(many, "GET", "/models")[1]) == {"models": []}


def test_an_endpoint_of_the_image_serves_models_by_their_names(cloud: RunningCloud) -> None:
    s3, sagemaker = cloud.client("s3"), cloud.client("sagemaker")
    s3.create_bucket(Bucket="many-xgboost")
    for name, label in (("one", 1.0), ("two", 2.0)):
        content, archive = model(label), io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            member = tarfile.TarInfo("xgboost-model")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        s3.put_object(Bucket="many-xgboost", Key=f"{name}.tar.gz", Body=archive.getvalue())
    allowed = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    sagemaker.create_model(
        ModelName="many-xgboost",
        PrimaryContainer={
            "Image": IMAGE,
            "Mode": "MultiModel",
            "ModelDataUrl": "s3://many-xgboost/",
        },
        ExecutionRoleArn=cloud.role("many-xgboost", [allowed], trusts=["sagemaker.amazonaws.com"]),
    )
    variant = {"VariantName": "v", "ModelName": "many-xgboost", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="many-xgboost",
        ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
    )
    sagemaker.create_endpoint(EndpointName="many-xgboost", EndpointConfigName="many-xgboost")
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName="many-xgboost", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    runtime = cloud.client("sagemaker-runtime")
    for name, answer in (("one", b"1.0"), ("two", b"2.0")):
        found = runtime.invoke_endpoint(
            EndpointName="many-xgboost",
            TargetModel=f"{name}.tar.gz",
            ContentType="text/csv",
            Body=b"0,0",
        )
        assert found["Body"].read() == answer
    sagemaker.delete_endpoint(EndpointName="many-xgboost")
    deadline = time.monotonic() + 60
    while sagemaker.list_endpoints(NameContains="many-xgboost")["Endpoints"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
