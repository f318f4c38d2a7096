"""A step that puts a model into the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import Text

ApprovalStatus = Literal["PendingManualApproval", "Approved"]


@dataclass(frozen=True, kw_only=True)
class RegisterModelStep(Step):
    """Registers a model package.

    Attributes:
        approval_status: what the package is registered as; an approved one is deployed at once.
        metadata: what the registry keeps beside the model: 1 to 50 names, texts of at most 256
            characters.
        report_uri: the evaluation report, which the registry shows as model quality.
    """

    TYPE: ClassVar[str] = "RegisterModel"

    approval_status: ApprovalStatus
    group_name: Text
    package_description: str
    image_uri: Text
    model_uri: Text
    framework: str
    framework_version: str
    instance_types: tuple[str, ...]
    content_types: tuple[str, ...]
    response_types: tuple[str, ...]
    report_uri: Text
    metadata: Mapping[str, Text]

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateModelPackage request."""
        return {
            "ModelPackageGroupName": self.group_name,
            "ModelPackageDescription": self.package_description,
            "ModelApprovalStatus": self.approval_status,
            "InferenceSpecification": {
                "Containers": [
                    {
                        "Image": self.image_uri,
                        "ModelDataUrl": self.model_uri,
                        "Framework": self.framework.upper(),
                        "FrameworkVersion": self.framework_version,
                    }
                ],
                "SupportedContentTypes": list(self.content_types),
                "SupportedResponseMIMETypes": list(self.response_types),
                "SupportedRealtimeInferenceInstanceTypes": list(self.instance_types),
            },
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {"ContentType": "application/json", "S3Uri": self.report_uri}
                }
            },
            "CustomerMetadataProperties": dict(self.metadata),
        }
