"""Transform step: a batch transform job."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.steps.job import JobType, run_job
from local_cloud.sagemaker.transform.state import KIND, STATUS

JOB = JobType(
    step_type="Transform",
    kind=KIND,
    method="transform_job",
    arn_member="TransformJobArn",
    status_member=STATUS,
    metadata_key="TransformJob",
    takes_experiment=True,
)


def run(context: StepContext) -> StepResult:
    """Properties: DescribeTransformJob."""
    return run_job(context, JOB)
