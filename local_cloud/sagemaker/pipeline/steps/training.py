"""Training step: a training job."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.steps.job import JobType, run_job

JOB = JobType(
    step_type="Training",
    kind="training-job",
    method="training_job",
    arn_member="TrainingJobArn",
    status_member="TrainingJobStatus",
    metadata_key="TrainingJob",
    takes_experiment=True,
)


def run(context: StepContext) -> StepResult:
    """Properties: DescribeTrainingJob."""
    return run_job(context, JOB)
