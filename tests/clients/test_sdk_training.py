"""`ModelTrainer` of the SageMaker Python SDK v3."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sagemaker.core.training.configs import InputData
from sagemaker.core.utils.exceptions import FailedStatusError
from sagemaker.train import ModelTrainer

from tests.clients.artifacts import json_in_archive
from tests.clients.conftest import BUCKET


@pytest.fixture
def local_numbers(tmp_path: Path) -> str:
    """A folder of this machine that the SDK uploads as a channel."""
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "a.txt").write_text("1 2\n")
    (folder / "b.txt").write_text("6\n")
    return str(folder)


def test_a_model_trainer_runs_an_entry_script_on_local_data_and_shows_its_log(
    mean_trainer: ModelTrainer, local_numbers: str, caplog: pytest.LogCaptureFixture
) -> None:
    mean_trainer.hyperparameters = {"shift": 0.5}

    with caplog.at_level(logging.INFO):
        mean_trainer.train(
            input_data_config=[InputData(channel_name="train", data_source=local_numbers)]
        )

    job = mean_trainer._latest_training_job
    assert job.training_job_status == "Completed"
    assert "score=0.8" in caplog.text
    assert job.model_artifacts.s3_model_artifacts == (
        f"s3://{BUCKET}/mean/{job.training_job_name}/output/model.tar.gz"
    )
    assert json_in_archive(job.model_artifacts.s3_model_artifacts, "model.json") == {"mean": 3.5}
    seen = json_in_archive(mean_trainer.output_data, "seen.json")
    assert seen["SM_HP_SHIFT"] == "0.5"
    assert seen["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert seen["SM_CURRENT_HOST"] == "algo-1"


def test_a_script_that_fails_fails_the_call_that_waits_and_says_how_it_was_started(
    mean_trainer: ModelTrainer, numbers: str
) -> None:
    mean_trainer.hyperparameters = {"fail": "no data of 1999"}
    mean_trainer.train(
        input_data_config=[InputData(channel_name="train", data_source=numbers)], wait=False
    )

    with pytest.raises(
        FailedStatusError, match=r"(?s)AlgorithmError: .*'no data of 1999'.* exit code: 1"
    ):
        mean_trainer._latest_training_job.wait(poll=1)
