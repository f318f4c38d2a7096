"""Model step: a model is created."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline import names
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult, jsonable
from local_cloud.sagemaker.pipeline.steps.job import with_execution_tag


def run(context: StepContext) -> StepResult:
    """Properties: DescribeModel."""
    name = context.record.get("JobName")
    if name is None:
        name = names.resource_name(context.execution_id, context.step.name)
        context.save(JobName=name)
    client = context.client("sagemaker")
    if context.service.store.find("model", name) is None:
        tags = with_execution_tag(context, context.arguments.get("Tags", []))
        client.create_model(**{**context.arguments, "ModelName": name, "Tags": tags})
    description = jsonable(client.describe_model(ModelName=name))
    return StepResult(properties=description, metadata={"Model": {"Arn": description["ModelArn"]}})
