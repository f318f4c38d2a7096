"""Tuning step: a hyperparameter tuning job."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline import references
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.steps.job import JobType, run_job
from local_cloud.sagemaker.tuner import definitions

JOB = JobType(
    step_type="Tuning",
    kind="hyper-parameter-tuning-job",
    method="hyper_parameter_tuning_job",
    arn_member="HyperParameterTuningJobArn",
    status_member="HyperParameterTuningJobStatus",
    metadata_key="TuningJob",
    takes_experiment=False,
)
SUMMARIES = "TrainingJobSummaries"


def run(context: StepContext) -> StepResult:
    """Properties: DescribeHyperParameterTuningJob and, where a step refers to them, the
    TrainingJobSummaries of ListTrainingJobsForHyperParameterTuningJob, best first."""
    result = run_job(context, JOB)
    if result.stopped or not _summaries_wanted(context):
        return result
    # Where there are several definitions, all objectives have the same type.
    first = next(iter(definitions.listed(result.properties)), {})
    objective = definitions.objective(result.properties, first) or {}
    listed = context.service.call(
        "ListTrainingJobsForHyperParameterTuningJob",
        {
            "HyperParameterTuningJobName": result.properties[JOB.name_member],
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Ascending" if objective.get("Type") == "Minimize" else "Descending",
            "MaxResults": 100,
        },
    )
    properties = {**result.properties, SUMMARIES: listed[SUMMARIES]}
    return StepResult(properties=properties, metadata=result.metadata)


def _summaries_wanted(context: StepContext) -> bool:
    wanted = f"Steps.{context.step.name}.{SUMMARIES}"
    return any(
        path.startswith(wanted)
        for step in context.definition.steps
        for path in references.of_step(step)
    )
