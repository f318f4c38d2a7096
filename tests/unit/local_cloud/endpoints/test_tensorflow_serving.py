"""The stand-in for SageMaker's TensorFlow Serving container, on a real SavedModel."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.hosting.server import Answer, ModelServer
from tests.unit.local_cloud.endpoints.conftest import Hosting

ROOT = Path(__file__).resolve().parents[4]
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.19.0-cpu"
MAKE = """
import sys
import tensorflow as tf

class Model(tf.Module):
    def __init__(self):
        self.weights = tf.Variable([[1.0], [0.1]])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="points")])
    def score(self, points):
        return {"scores": points @ self.weights}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="data")])
    def measure(self, data):
        return {"length": tf.strings.length(data), "echo_bytes": data}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def parse(self, text):
        return {"numbers": tf.strings.to_number(text)}

model = Model()
signatures = {"serving_default": model.score, "serving_bytes": model.measure, "parse": model.parse}
tf.saved_model.save(model, sys.argv[1], signatures=signatures)
"""
INFERENCE = """
import base64
import json
from helper import HELPED

def input_handler(data, context):
    if context.request_content_type != "application/x-image":
        raise ValueError("unsupported content type " + context.request_content_type)
    encoded = base64.b64encode(data.read()).decode()
    return json.dumps({"signature_name": "serving_bytes", "instances": [{"b64": encoded}]})

def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    answer = response.json()["predictions"][0]
    answer["helped"] = HELPED
    return json.dumps(answer), context.accept_header
"""


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the version 1 of a model."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    command = [sys.executable, "-c", MAKE, str(folder / "1")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def plain(saved_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    """The stand-in over the model, which has no code/inference.py."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "ml").mkdir()
    shutil.copytree(saved_model, folder / "ml" / "model")
    command = [sys.executable, "-m", "local_cloud.containers.tensorflow_serving"]
    environment = {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    server = ModelServer(command, environment, folder / "ml", folder / "log")
    server.start()
    server.await_healthy(60, cancelled=lambda: False)
    yield server
    server.stop()


def _ask(server: ModelServer, body: str, kind: str = "application/json", **headers: str) -> Answer:
    return server.invoke({"Content-Type": kind, **headers}, body.encode(), 30)


@pytest.mark.parametrize(
    ("kind", "body", "answer"),
    [
        ("application/json", '{"instances": [[1, 1], [2, 0]]}', {"predictions": [[1.1], [2.0]]}),
        ("application/json", '{"inputs": [[1, 1]]}', {"outputs": [[1.1]]}),
        ("application/json", '{"inputs": {"points": [[1, 1]]}}', {"outputs": [[1.1]]}),
        ("application/json", '{"instances": [{"points": [1, 1]}]}', {"predictions": [[1.1]]}),
        ("application/json", "[[1, 1], [2, 0]]", {"predictions": [[1.1], [2.0]]}),
        ("application/json", "[1, 1]", {"predictions": [[1.1]]}),
        ("application/jsonlines", "[1, 1]\n[2, 0]\n", {"predictions": [[1.1], [2.0]]}),
        ("text/csv", "1,1\n2,0\n", {"predictions": [[1.1], [2.0]]}),
    ],
)
def test_without_a_handler_json_lines_and_csv_become_instances(
    plain: ModelServer, kind: str, body: str, answer: dict[str, Any]
) -> None:
    found = _ask(plain, body, kind)
    assert (found.status, json.loads(found.body)) == (200, answer)


def test_a_signature_is_chosen_by_name_and_bytes_travel_as_base64(plain: ModelServer) -> None:
    value = {"b64": base64.b64encode(b"\xff\x00").decode()}
    request = {"signature_name": "serving_bytes", "instances": [value]}
    found = _ask(plain, json.dumps(request))
    assert json.loads(found.body) == {"predictions": [{"echo_bytes": value, "length": 2}]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"instances": [["a", "b"]]}', "is not of expected type: float"),
        ('{"instances": [[1, 1], [1]]}', "Encountered list at unexpected size: 1"),
        ('{"instances": [[1, 1, 1]]}', "must have the shape (None, 2)"),
        ('{"instances": []}', "No values in 'instances' array"),
        ('{"instances": [[1, 1]], "inputs": [[1, 1]]}', "only one of"),
        ('{"instances": [{"other": 1}]}', "keys must be equal to: points"),
        ('{"inputs": {"other": 1}}', "Missing named input: points"),
        ('{"signature_name": "none", "instances": [1]}', '"none" not found in signature def'),
        ('{"instances": [1', "JSON Parse error"),
        (
            '{"signature_name": "parse", "instances": ["one"]}',
            "StringToNumberOp could not correctly convert string: one",
        ),
        (
            '{"signature_name": "serving_bytes", "instances": [{"b64": "?"}]}',
            "Unable to base64 decode",
        ),
    ],
)
def test_a_wrong_request_is_a_400_that_says_what_is_wrong(
    plain: ModelServer, body: str, words: str
) -> None:
    found = _ask(plain, body)
    assert found.status == 400
    error = json.loads(found.body)["error"]
    assert words in error
    assert "Graph execution error" not in error


def test_other_content_types_and_methods_are_refused(plain: ModelServer) -> None:
    assert _ask(plain, "x", "application/x-image").status == 415
    attributes = {"X-Amzn-SageMaker-Custom-Attributes": "tfs-method=classify"}
    assert _ask(plain, '{"examples": [{}]}', **attributes).status == 501
    attributes = {"X-Amzn-SageMaker-Custom-Attributes": "tfs-model-version=7"}
    assert _ask(plain, '{"instances": [[1, 1]]}', **attributes).status == 404


def test_the_models_own_handlers_run_behind_an_endpoint(
    hosting: Hosting, saved_model: Path
) -> None:
    data = hosting.put("tensorflow/model.tar.gz", _packed(saved_model, INFERENCE))
    hosting.create_model("tensorflow", {"Image": IMAGE, "ModelDataUrl": data})
    hosting.config("tensorflow", tensorflow=1.0)
    hosting.sagemaker.create_endpoint(EndpointName="tensorflow", EndpointConfigName="tensorflow")
    described = hosting.settled("tensorflow")
    assert described["EndpointStatus"] == "InService", described.get("FailureReason")

    answer = hosting.runtime.invoke_endpoint(
        EndpointName="tensorflow",
        Body=b"\x89PNG",
        ContentType="application/x-image",
        Accept="application/json",
    )
    content = json.loads(answer["Body"].read())
    assert (content["length"], content["helped"]) == (4, True)
    assert answer["ContentType"] == "application/json"
    with pytest.raises(ClientError, match="unsupported content type text/plain") as caught:
        hosting.invoke("tensorflow", "x", ContentType="text/plain")
    assert caught.value.response["OriginalStatusCode"] == 500


def test_a_model_without_a_saved_model_says_so_in_the_failure_reason(hosting: Hosting) -> None:
    data = hosting.put("empty/model.tar.gz", _packed(None, INFERENCE))
    hosting.create_model("empty", {"Image": IMAGE, "ModelDataUrl": data})
    hosting.config("empty", empty=1.0)
    hosting.sagemaker.create_endpoint(EndpointName="empty", EndpointConfigName="empty")
    described = hosting.settled("empty")
    assert described["EndpointStatus"] == "Failed"
    assert "no SavedModel bundles found" in described["FailureReason"]


def _packed(model: Path | None, inference: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        if model is not None:
            tar.add(model / "1", "1")
        for name, text in (("inference.py", inference), ("helper.py", "HELPED = True\n")):
            member = tarfile.TarInfo(f"code/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()
