"""What the winner of a tuning job was trained with, and what the final training gets."""

from __future__ import annotations

from typing import Any

# The tuner's own keys, and those by which the container finds its program.
_FOREIGN = ("_tuning", "sagemaker_")


class NoWinnerError(Exception):
    """A tuning job without a training job that reached its objective."""


def final_hyperparameters(
    sagemaker: Any, *, tuning_job_name: str, final_epochs: int | None
) -> dict[str, str]:
    """One text a hyperparameter, with `epochs` raised, and the names of both jobs.

    Args:
        final_epochs: None where the training knows no epochs.

    Raises:
        NoWinnerError: no training job of the tuning job completed.
        ClientError: SageMaker refuses.
    """
    tuning = sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning_job_name
    )
    best = tuning.get("BestTrainingJob", {}).get("TrainingJobName")
    if not best:
        counts = tuning.get("TrainingJobStatusCounters", {})
        raise NoWinnerError(
            f"tuning job {tuning_job_name} ({tuning['HyperParameterTuningJobStatus']}) has no best "
            f"training job; its training jobs: {counts}. Read the log of one of them in "
            "/aws/sagemaker/TrainingJobs"
        )
    used = sagemaker.describe_training_job(TrainingJobName=best)["HyperParameters"]
    own = {key: value for key, value in used.items() if not key.startswith(_FOREIGN)}
    return {
        **own,
        **({} if final_epochs is None else {"epochs": str(final_epochs)}),
        "tuning_job_name": tuning_job_name,
        "best_training_job": best,
    }
