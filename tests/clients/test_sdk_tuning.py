"""`HyperparameterTuner` of the SageMaker Python SDK v3."""

from __future__ import annotations

import pytest
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.training.configs import InputData
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

SCORE = {"Name": "score", "Regex": "score=([0-9.]+);"}


def test_a_tuner_finds_the_best_of_the_jobs_that_it_starts(
    mean_trainer: ModelTrainer, numbers: str
) -> None:
    tuner = HyperparameterTuner(
        model_trainer=mean_trainer,
        objective_metric_name="score",
        metric_definitions=[SCORE],
        hyperparameter_ranges={"shift": ContinuousParameter(-1.0, 1.0)},
        strategy="Random",
        max_jobs=2,
        max_parallel_jobs=2,
    )

    tuner.tune(inputs=[InputData(channel_name="train", data_source=numbers)], wait=False)
    tuner.latest_tuning_job.wait(poll=1)

    assert tuner.latest_tuning_job.hyper_parameter_tuning_job_status == "Completed"
    found = tuner.analytics().dataframe().set_index("TrainingJobName")
    assert len(found) == 2
    # The mean of the numbers is 3, which scores best: the smallest shift wins.
    assert tuner.best_training_job() == found["shift"].abs().idxmin()
    assert found["FinalObjectiveValue"].max() == pytest.approx(
        1 / (1 + found["shift"].abs().min() ** 2), abs=1e-6
    )
