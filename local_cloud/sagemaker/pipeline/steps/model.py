"""Model step: a model is created."""

from __future__ import annotations

from local_cloud.sagemaker.models import KIND
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult, jsonable
from local_cloud.sagemaker.pipeline.steps.job import with_execution_tag


def run(context: StepContext) -> StepResult:
    """Properties: DescribeModel."""
    name = context.job_name()
    client = context.client("sagemaker")
    if context.service.store.find(KIND, name) is None:
        tags = with_execution_tag(context, context.arguments.get("Tags", []))
        client.create_model(**{**context.arguments, "ModelName": name, "Tags": tags})
    description = jsonable(client.describe_model(ModelName=name))
    metadata = {"Model": {"Arn": description["ModelArn"]}}
    context.executing(metadata)
    return StepResult(properties=description, metadata=metadata)
