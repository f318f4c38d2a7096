"""SageMaker's resource types in the local CloudFormation.

Return values: AWS::SageMaker::Pipeline (Ref: name) and AWS::SageMaker::ModelPackageGroup
(Ref: ARN; GetAtt ModelPackageGroupArn, ModelPackageGroupStatus, CreationTime) as in the
CloudFormation template reference.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_cloud.ministack_bridge import ResourceHandlers
from local_cloud.sagemaker.errors import ApiError, ValidationException
from local_cloud.sagemaker.service import Request, Response

Call = Callable[[str, Request], Response]
Provisioned = tuple[str, dict[str, Any]]
NAME_CHARACTERS = 63


def resource_types(call: Call) -> dict[str, ResourceHandlers]:
    """Every type, its handlers carrying out SageMaker's own actions through ``call``."""
    pipeline, group = PipelineResource(call), ModelPackageGroupResource(call)
    return {
        "AWS::SageMaker::Pipeline": ResourceHandlers(
            create=pipeline.create, update=pipeline.update, delete=pipeline.delete
        ),
        "AWS::SageMaker::ModelPackageGroup": ResourceHandlers(
            create=group.create, update=group.update, delete=group.delete
        ),
    }


class PipelineResource:
    """AWS::SageMaker::Pipeline."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        name = properties.get("PipelineName") or generated_name(stack_name, logical_id)
        request = {
            "PipelineName": name,
            # Drawn, so that another stack's pipeline of this name is not taken for this one.
            "ClientRequestToken": str(uuid.uuid4()),
            **_pipeline_members(properties),
        }
        if properties.get("Tags"):
            request["Tags"] = properties["Tags"]
        self._call("CreatePipeline", request)
        return name, {}

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> Provisioned:
        if new.get("PipelineName", physical_id) != physical_id:
            created = self.create(new["PipelineName"], new, stack_name)
            self.delete(physical_id, old)
            return created
        request = {"PipelineName": physical_id, **_pipeline_members(new)}
        arn = self._call("UpdatePipeline", request)["PipelineArn"]
        _change_tags(self._call, arn, old, new)
        return physical_id, {}

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        request = {
            "PipelineName": physical_id,
            "ClientRequestToken": str(uuid.uuid4()),
        }
        _ignore_missing(lambda: self._call("DeletePipeline", request))


class ModelPackageGroupResource:
    """AWS::SageMaker::ModelPackageGroup."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        name = properties["ModelPackageGroupName"]
        request: dict[str, Any] = {"ModelPackageGroupName": name}
        if properties.get("ModelPackageGroupDescription"):
            request["ModelPackageGroupDescription"] = properties["ModelPackageGroupDescription"]
        if properties.get("Tags"):
            request["Tags"] = properties["Tags"]
        arn = self._call("CreateModelPackageGroup", request)["ModelPackageGroupArn"]
        return arn, {
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": datetime.now(UTC).isoformat(),
        }

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> Provisioned:
        name = new["ModelPackageGroupName"]
        if name != _name(physical_id):
            created = self.create(name, new, stack_name)
            self.delete(physical_id, old)
            return created
        described = [one.get("ModelPackageGroupDescription", "") for one in (old, new)]
        if described[0] != described[1]:
            # On AWS a new description replaces the group, which fails for the name it has.
            raise ValidationException(
                f"The description of model package group {name} cannot be changed: SageMaker has "
                "no action for that. Give the group another name too, or keep its description."
            )
        _change_tags(self._call, physical_id, old, new)
        return physical_id, {"ModelPackageGroupArn": physical_id}

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        request = {"ModelPackageGroupName": _name(physical_id)}
        _ignore_missing(lambda: self._call("DeleteModelPackageGroup", request))


def generated_name(stack_name: str, logical_id: str) -> str:
    """A stable name for a resource whose template gives none."""
    return f"{stack_name}-{logical_id}"[:NAME_CHARACTERS].rstrip("-")


def _pipeline_members(properties: dict[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {"RoleArn": properties["RoleArn"]}
    definition = properties["PipelineDefinition"]
    if isinstance(definition, str):
        definition = json.loads(definition)
    if "PipelineDefinitionBody" in definition:
        members["PipelineDefinition"] = definition["PipelineDefinitionBody"]
    else:
        members["PipelineDefinitionS3Location"] = {
            {"Bucket": "Bucket", "Key": "ObjectKey", "Version": "VersionId"}[key]: value
            for key, value in definition["PipelineDefinitionS3Location"].items()
            if key in {"Bucket", "Key", "Version"}
        }
    for source, target in (
        ("PipelineDisplayName", "PipelineDisplayName"),
        ("PipelineDescription", "PipelineDescription"),
        ("ParallelismConfiguration", "ParallelismConfiguration"),
    ):
        if properties.get(source):
            members[target] = properties[source]
    return members


def _change_tags(call: Call, arn: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    kept = {tag["Key"] for tag in new.get("Tags") or []}
    gone = [tag["Key"] for tag in old.get("Tags") or [] if tag["Key"] not in kept]
    if gone:
        call("DeleteTags", {"ResourceArn": arn, "TagKeys": gone})
    if kept:
        call("AddTags", {"ResourceArn": arn, "Tags": new["Tags"]})


def _ignore_missing(delete: Callable[[], Response]) -> None:
    """CloudFormation counts a resource that somebody else deleted as deleted."""
    try:
        delete()
    except ApiError as error:
        missing = error.code == "ResourceNotFound" or "not found" in error.message.lower()
        if not (missing or "does not exist" in error.message):
            raise


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
