"""`ModelTrainer` of the SageMaker Python SDK v3."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import pytest
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.utils.exceptions import FailedStatusError
from sagemaker.train import ModelTrainer

from tests.clients.artifacts import json_in_archive
from tests.clients.conftest import BUCKET, IMAGE
from tests.clients.wheels import FILE, NAME, write_wheel


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


def test_requirements_are_installed_for_the_job_and_for_no_other(
    role: str, numbers: str, tmp_path: Path
) -> None:
    write_wheel(tmp_path)
    (tmp_path / "requirements.txt").write_text(f"./{FILE}\n")
    (tmp_path / "train.py").write_text(
        f"import json, {NAME}\n"
        "with open('/opt/ml/model/model.json', 'w') as file:\n"
        f"    json.dump([{NAME}.FIRST, {NAME}.__file__], file)\n"
    )
    trainer = ModelTrainer(
        training_image=IMAGE,
        source_code=SourceCode(
            source_dir=str(tmp_path), entry_script="train.py", requirements="requirements.txt"
        ),
        role=role,
        base_job_name="requires",
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
    )

    trainer.train(wait=False)
    job = trainer._latest_training_job
    job.wait(poll=1)

    first, place = json_in_archive(job.model_artifacts.s3_model_artifacts, "model.json")
    assert first == "a"
    assert job.training_job_name in place
    assert importlib.util.find_spec(NAME) is None
