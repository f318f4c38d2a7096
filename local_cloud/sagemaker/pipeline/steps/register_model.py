"""RegisterModel step: a version of a model package group."""

from __future__ import annotations

import hashlib
from typing import Any

from local_cloud.sagemaker import model_package_groups
from local_cloud.sagemaker.named import is_elsewhere
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult, jsonable

_TOKEN_LENGTH = 36


def run(context: StepContext) -> StepResult:
    """Properties: DescribeModelPackage.

    As on AWS, a group that is not there yet is created, and the package's metadata name
    the execution that made it. The client token makes a step that is run again after a
    restart answer the package that it registered before.
    """
    client = context.client("sagemaker")
    request = dict(context.arguments)
    _ensure_group(context, client, request.get("ModelPackageGroupName"))
    request["MetadataProperties"] = {
        "GeneratedBy": context.execution_arn,
        **request.get("MetadataProperties", {}),
    }
    request.setdefault("ClientToken", _token(context))
    arn = client.create_model_package(**request)["ModelPackageArn"]
    description = jsonable(client.describe_model_package(ModelPackageName=arn))
    return StepResult(properties=description, metadata={"RegisterModel": {"Arn": arn}})


def _ensure_group(context: StepContext, client: Any, group: str | None) -> None:
    if group is None or is_elsewhere(context.service, model_package_groups.KIND, group):
        return
    name = model_package_groups.key_of(group)
    if context.service.store.find(model_package_groups.KIND, name) is None:
        client.create_model_package_group(ModelPackageGroupName=name)


def _token(context: StepContext) -> str:
    attempt = context.record.get("AttemptCount", 1)
    text = f"{context.execution_arn} {context.step.name} {attempt}"
    return hashlib.sha256(text.encode()).hexdigest()[:_TOKEN_LENGTH]
