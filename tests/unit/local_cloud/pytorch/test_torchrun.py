"""Training on several processes, as sagemaker_torch_distributed_enabled asks for it."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from local_cloud.containers import torch_launch
from tests.unit.local_cloud.pytorch.conftest import BUCKET, PyTorch

TRAIN = """
import argparse, json, os
from pathlib import Path
import torch
import torch.distributed as distributed

parser = argparse.ArgumentParser()
parser.add_argument("--scale", type=float)
scale = parser.parse_args().scale
distributed.init_process_group("gloo")
rank, world = distributed.get_rank(), distributed.get_world_size()
total = torch.tensor([scale * (rank + 1)])
distributed.all_reduce(total)
hosts = [None] * world
distributed.all_gather_object(hosts, os.environ["SM_CURRENT_HOST"])
if rank == 0:
    found = {"world": world, "total": total.item(), "hosts": hosts}
    (Path(os.environ["SM_MODEL_DIR"]) / "found.json").write_text(json.dumps(found))
distributed.destroy_process_group()
"""
ENABLED = {"sagemaker_torch_distributed_enabled": "true"}
ONE = {"hosts": ["algo-1"], "current_host": "algo-1"}


@pytest.mark.parametrize(
    ("instances", "environment", "hosts"),
    [
        (1, {"LOCAL_CLOUD_PROCESSES_PER_HOST": "2"}, ["algo-1", "algo-1"]),
        (2, {}, ["algo-1", "algo-2"]),
    ],
)
def test_all_processes_of_all_hosts_train_together(
    pytorch: PyTorch, instances: int, environment: dict[str, str], hosts: list[str]
) -> None:
    pytest.importorskip("torch", reason="requirements-torch.txt is not installed")
    name = f"together-{instances}"
    described = pytorch.train(
        name,
        {"train.py": TRAIN},
        {"scale": "2", **ENABLED},
        instances=instances,
        environment=environment,
    )
    assert described["TrainingJobStatus"] == "Completed", (described, pytorch.log(name))
    found = found_by(pytorch, name)
    assert found == {"world": 2, "total": 6.0, "hosts": hosts}


def found_by(pytorch: PyTorch, name: str) -> Any:
    body = pytorch.s3.get_object(Bucket=BUCKET, Key=f"out/{name}/output/model.tar.gz")["Body"]
    with tarfile.open(fileobj=io.BytesIO(body.read())) as tar:
        file = tar.extractfile("found.json")
        assert file is not None
        return json.load(file)


def test_a_program_that_is_no_python_is_refused(pytorch: PyTorch) -> None:
    pytest.importorskip("torch", reason="requirements-torch.txt is not installed")
    described = pytorch.train(
        "shell", {"train.sh": "true"}, {"sagemaker_program": "train.sh", **ENABLED}
    )
    assert described["TrainingJobStatus"] == "Failed"
    assert "starts Python programs only" in described["FailureReason"]


def test_a_host_has_a_process_a_gpu_and_one_without() -> None:
    def processes(gpus: int) -> str:
        command = torch_launch.command("train.py", ONE, gpus, {})
        return command[command.index("--nproc_per_node") + 1]

    assert [processes(0), processes(4)] == ["1", "4"]


def test_a_wrong_number_of_processes_is_refused() -> None:
    with pytest.raises(torch_launch.LaunchError, match="a number above 0, not 'many'"):
        torch_launch.command("train.py", ONE, 0, {"LOCAL_CLOUD_PROCESSES_PER_HOST": "many"})


def test_jobs_meet_on_ports_of_their_own() -> None:
    ports = {torch_launch.master_port({"TRAINING_JOB_NAME": f"job-{n}"}) for n in range(5)}
    assert len(ports) == 5
