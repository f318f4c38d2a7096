"""A step that puts a model into the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
        framework: name, as SageMaker knows it, and version; None for an image of one's own.
        model_card: its content.
        environment: variables of the serving container.
        report_uri: the evaluation report, which the registry shows as model quality.
    """

    TYPE: ClassVar[str] = "RegisterModel"

    approval_status: ApprovalStatus
    group_name: Text
    package_description: str
    image_uri: Text
    model_uri: Text
    framework: tuple[str, str] | None
    instance_types: tuple[str, ...]
    content_types: tuple[str, ...]
    response_types: tuple[str, ...]
    report_uri: Text
    metadata: Mapping[str, Text]
    model_card: Text
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateModelPackage request."""
        container: dict[str, Any] = {"Image": self.image_uri, "ModelDataUrl": self.model_uri}
        if self.framework is not None:
            container["Framework"], container["FrameworkVersion"] = self.framework
        if self.environment:
            container["Environment"] = dict(self.environment)
        return {
            "ModelPackageGroupName": self.group_name,
            "ModelPackageDescription": self.package_description,
            "ModelApprovalStatus": self.approval_status,
            "InferenceSpecification": {
                "Containers": [container],
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
            "ModelCard": {
                "ModelCardContent": self.model_card,
                "ModelCardStatus": "PendingReview",
            },
        }
