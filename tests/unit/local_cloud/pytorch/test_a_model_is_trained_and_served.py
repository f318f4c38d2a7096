"""A model from script mode to an endpoint's answers, by its own code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.pytorch.conftest import BUCKET, PyTorch, archive

pytest.importorskip("torch", reason="requirements-torch.txt is not installed")

TRAIN = """
import os, shutil
from pathlib import Path
import torch

torch.manual_seed(0)
x = torch.linspace(-1, 1, 64).unsqueeze(1)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(int(os.environ["SM_HP_EPOCHS"])):
    loss = torch.nn.functional.mse_loss(model(x), 3 * x + 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss={loss.item():.6f}", flush=True)
folder = Path(os.environ["SM_MODEL_DIR"])
torch.save(model.state_dict(), folder / "weights.pt")
(folder / "code").mkdir()
for name in ("inference.py", "line.py"):
    shutil.copy(name, folder / "code" / name)
"""
LINE = """
import torch

def load(path):
    model = torch.nn.Linear(1, 1)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model
"""
INFERENCE = """
import json, os
import torch
from sagemaker_inference import errors
import line

def model_fn(model_dir, context):
    assert context.system_properties["model_dir"] == model_dir
    return line.load(os.path.join(model_dir, "weights.pt"))

def input_fn(body, content_type):
    if content_type != "application/json":
        raise errors.GenericInferenceToolkitError(415, f"{content_type} is not read")
    if json.loads(body) == "die":
        os._exit(3)
    return torch.tensor(json.loads(body)).unsqueeze(1)

def predict_fn(data, model):
    with torch.no_grad():
        return model(data).squeeze(1).tolist()

def output_fn(prediction, accept):
    return json.dumps({"y": prediction, "accept": accept, "worker": os.getpid()}), accept
"""


@pytest.fixture(scope="module")
def trained(pytorch: PyTorch) -> dict[str, Any]:
    code = {"train.py": TRAIN, "inference.py": INFERENCE, "line.py": LINE}
    return pytorch.train("line", code, {"epochs": "60"})


@pytest.fixture(scope="module")
def endpoint(pytorch: PyTorch, trained: dict[str, Any]) -> str:
    assert trained["TrainingJobStatus"] == "Completed", trained
    settled = pytorch.serve("line", trained["ModelArtifacts"]["S3ModelArtifacts"])
    assert settled["EndpointStatus"] == "InService", settled
    return "line"


def ask(pytorch: PyTorch, endpoint: str, body: str, kind: str = "application/json") -> Any:
    answer = pytorch.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=kind)
    return json.loads(answer["Body"].read())


def test_the_log_says_what_stands_for_the_image(pytorch: PyTorch, trained: dict[str, Any]) -> None:
    log = pytorch.log("line")
    assert "[local cloud] The PyTorch that is installed here stands for the image's 2.10." in log
    assert "loss=0.00" in log


def test_the_four_functions_answer(pytorch: PyTorch, endpoint: str) -> None:
    answer = ask(pytorch, endpoint, "[0.0, 1.5]")
    assert answer["y"] == pytest.approx([2.0, 6.5], abs=0.05)
    assert answer["accept"] == "application/json"


def test_what_the_models_code_refuses_has_its_own_status(pytorch: PyTorch, endpoint: str) -> None:
    with pytest.raises(ClientError, match="text/plain is not read") as refused:
        ask(pytorch, endpoint, "1", kind="text/plain")
    assert refused.value.response["OriginalStatusCode"] == 415


def test_what_the_models_code_raises_is_a_500_that_tells_it(
    pytorch: PyTorch, endpoint: str
) -> None:
    with pytest.raises(ClientError, match="JSONDecodeError") as refused:
        ask(pytorch, endpoint, "no json")
    assert refused.value.response["OriginalStatusCode"] == 500


def test_a_worker_that_dies_costs_its_own_request_alone(pytorch: PyTorch, endpoint: str) -> None:
    with pytest.raises(ClientError, match=r"Worker died\."):
        ask(pytorch, endpoint, '"die"')
    assert ask(pytorch, endpoint, "[0.0]")["y"] == pytest.approx([2.0], abs=0.05)


def test_a_model_that_cannot_be_loaded_fails_its_endpoint(pytorch: PyTorch) -> None:
    content = archive({"code/inference.py": "def model_fn(model_dir):\n    return 1 / 0\n"})
    pytorch.s3.put_object(Bucket=BUCKET, Key="broken/model.tar.gz", Body=content)
    settled = pytorch.serve("broken", f"s3://{BUCKET}/broken/model.tar.gz")
    assert settled["EndpointStatus"] == "Failed"
    assert "division by zero" in settled["FailureReason"]
