"""AWS::SageMaker::ModelPackage. Approval and metadata change in place; what makes the package
what it is, replaces it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local_cloud.ministack_bridge import generated_name
from local_cloud.sagemaker.cloudformation.errors import ProvisioningError
from local_cloud.sagemaker.cloudformation.resource import (
    NAME_CHARACTERS,
    Properties,
    Provisioned,
    Resource,
)

_UPDATED = (
    "AdditionalInferenceSpecificationsToAdd",
    "ApprovalDescription",
    "CustomerMetadataProperties",
    "ModelApprovalStatus",
    "ModelCard",
    "SourceUri",
)
_FIXED = ("AdditionalInferenceSpecifications", "CertifyForMarketplace", "SkipModelValidation")
"""What replaces nothing on AWS, and what no action of SageMaker's changes."""


class ModelPackageResource(Resource):
    noun = "ModelPackage"
    replacing = (
        "ClientToken",
        "Domain",
        "DriftCheckBaselines",
        "InferenceSpecification",
        "MetadataProperties",
        "ModelMetrics",
        "ModelPackageDescription",
        "ModelPackageGroupName",
        "SamplePayloadUrl",
        "SecurityConfig",
        "SourceAlgorithmSpecification",
        "Task",
        "ValidationSpecification",
    )
    properties = (
        "AdditionalInferenceSpecificationsToAdd",
        "ApprovalDescription",
        # The schema has these two, which SageMaker itself decides on.
        "ModelPackageStatusDetails",
        "ModelPackageVersion",
    )
    # A version of a group has the tags of its group, and takes none of its own.
    tagged = False

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        self._check_properties(logical_id, properties)
        named = dict(properties)
        if "ModelPackageGroupName" not in properties:
            generated = generated_name(stack_name, logical_id, longest=NAME_CHARACTERS)
            named.setdefault("ModelPackageName", generated)
        request = self.request("CreateModelPackage", named)
        arn = str(self._call("CreateModelPackage", request)["ModelPackageArn"])
        self._update(arn, {name: properties[name] for name in self.properties[:2] if name in named})
        return self.provisioned(arn, arn)

    def change(self, name: str, old: Properties, new: Properties) -> None:
        fixed = [one for one in _FIXED if old.get(one) != new.get(one)]
        if fixed:
            raise ProvisioningError(
                f"{', '.join(fixed)} of {name} cannot be changed: SageMaker has no action for that."
            )
        changed = {one: new[one] for one in _UPDATED if one in new and new[one] != old.get(one)}
        kept = new.get("CustomerMetadataProperties", {})
        gone = sorted(old.get("CustomerMetadataProperties", {}).keys() - kept.keys())
        if gone:
            changed["CustomerMetadataPropertiesToRemove"] = gone
        self._update(name, changed)

    def _update(self, arn: str, changed: dict[str, Any]) -> None:
        if changed:
            request = self.request("UpdateModelPackage", {**changed, "ModelPackageArn": arn})
            self._call("UpdateModelPackage", request)

    def provisioned(self, name: str, arn: str) -> Provisioned:
        described = self._call("DescribeModelPackage", {"ModelPackageName": arn})
        times = {
            member: datetime.fromtimestamp(described[member], UTC).isoformat()
            for member in ("CreationTime", "LastModifiedTime")
        }
        status = described["ModelPackageStatus"]
        return arn, {"ModelPackageArn": arn, "ModelPackageStatus": status, **times}

    def name_of(self, physical_id: str) -> str:
        """A version has no name; every action takes the ARN."""
        return physical_id
