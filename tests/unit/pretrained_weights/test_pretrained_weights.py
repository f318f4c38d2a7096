from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from pretrained_weights import __main__ as command
from pretrained_weights import networks
from tests.unit.model_code.memory_s3 import MemoryS3

ARGUMENTS = ("--env", "dev", "--workload", "birds-tensorflow", "--bucket", "artifacts")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> MemoryS3:
    memory = MemoryS3()
    monkeypatch.setattr(boto3, "client", lambda _: memory)
    return memory


def test_what_was_fetched_lies_under_the_workloads_weights(
    s3: MemoryS3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(folder: Path) -> Path:
        (folder / "resnet18.pth").write_bytes(b"weights")
        return folder / "resnet18.pth"

    monkeypatch.setitem(networks.NETWORKS, "resnet18", fetch)
    assert command.main([*ARGUMENTS, "--network", "resnet18"]) == 0
    assert s3.objects == {"birds-tensorflow/weights/resnet18.pth": b"weights"}
    assert "put s3://artifacts/birds-tensorflow/weights/resnet18.pth" in capsys.readouterr().out


def test_without_internet_it_says_where_to_run_it(
    s3: MemoryS3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Applications:
        @staticmethod
        def MobileNetV2(**_: Any) -> None:  # noqa: N802
            raise OSError("URL fetch failure: Name or service not known")

    class Keras:
        applications = Applications

    monkeypatch.setitem(sys.modules, "keras", Keras)
    assert command.main([*ARGUMENTS, "--network", "mobilenet-v2-1.0"]) == 1
    told = capsys.readouterr().err
    assert "URL fetch failure" in told
    assert "run this on a machine that reaches storage.googleapis.com" in told
    assert not s3.objects


def test_without_the_framework_it_says_so(
    s3: MemoryS3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert command.main([*ARGUMENTS, "--network", "resnet18"]) == 1
    assert "run this where torch and torchvision are installed" in capsys.readouterr().err


def test_the_bucket_is_that_of_the_foundation_stack() -> None:
    client = boto3.client("cloudformation", region_name="eu-west-1")
    answer = {
        "Stacks": [
            {
                "StackName": "Rookery-dev-foundation",
                "CreationTime": "2026-01-01T00:00:00Z",
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [{"OutputKey": "ArtifactBucketName", "OutputValue": "the-bucket"}],
            }
        ]
    }
    with Stubber(client) as stubbed:
        stubbed.add_response("describe_stacks", answer, {"StackName": "Rookery-dev-foundation"})
        assert command.artifact_bucket(client, "dev") == "the-bucket"


def test_a_missing_stack_is_named() -> None:
    client = boto3.client("cloudformation", region_name="eu-west-1")
    with Stubber(client) as stubbed:
        stubbed.add_client_error("describe_stacks", "ValidationError", "does not exist")
        with pytest.raises(command.UploadError, match=r"Rookery-dev-foundation.*give --bucket"):
            command.artifact_bucket(client, "dev")
