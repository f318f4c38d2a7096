"""Processing step: a processing job."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.steps.job import JobType, run_job

JOB = JobType(
    step_type="Processing",
    kind="processing-job",
    method="processing_job",
    arn_member="ProcessingJobArn",
    status_member="ProcessingJobStatus",
    metadata_key="ProcessingJob",
    takes_experiment=True,
)


def run(context: StepContext) -> StepResult:
    """Properties: DescribeProcessingJob."""
    return run_job(context, JOB)
