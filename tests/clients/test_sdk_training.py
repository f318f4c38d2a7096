"""`ModelTrainer` of the SageMaker Python SDK v3."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.utils.exceptions import FailedStatusError
from sagemaker.train import ModelTrainer

from tests.clients.artifacts import json_in_archive
from tests.clients.conftest import BUCKET, SOURCE

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19-cpu-py312"


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    """A folder of this machine that the SDK uploads as a channel."""
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "a.txt").write_text("1 2\n")
    (folder / "b.txt").write_text("6\n")
    return str(folder)


def trainer(role: str, **hyperparameters: object) -> ModelTrainer:
    return ModelTrainer(
        training_image=IMAGE,
        source_code=SourceCode(source_dir=str(SOURCE), entry_script="train.py"),
        role=role,
        base_job_name="mean",
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
        hyperparameters=hyperparameters,
    )


def test_a_model_trainer_runs_an_entry_script_on_local_data_and_shows_its_log(
    role: str, numbers: str, caplog: pytest.LogCaptureFixture
) -> None:
    trains = trainer(role, shift=0.5)

    with caplog.at_level(logging.INFO):
        trains.train(input_data_config=[InputData(channel_name="train", data_source=numbers)])

    job = trains._latest_training_job
    assert job.training_job_status == "Completed"
    assert "score=0.8" in caplog.text
    assert job.model_artifacts.s3_model_artifacts == (
        f"s3://{BUCKET}/mean/{job.training_job_name}/output/model.tar.gz"
    )
    assert json_in_archive(job.model_artifacts.s3_model_artifacts, "model.json") == {"mean": 3.5}
    seen = json_in_archive(trains.output_data, "seen.json")
    assert seen["SM_HP_SHIFT"] == "0.5"
    assert seen["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert seen["SM_CURRENT_HOST"] == "algo-1"


def test_a_script_that_fails_fails_the_call_that_waits_with_its_last_lines(
    role: str, numbers: str
) -> None:
    trains = trainer(role, fail="no data of 1999")
    trains.train(
        input_data_config=[InputData(channel_name="train", data_source=numbers)], wait=False
    )

    with pytest.raises(FailedStatusError, match="AlgorithmError"):
        trains._latest_training_job.wait(poll=1)
