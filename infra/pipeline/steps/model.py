"""A step that makes a model of a training job's artifact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import StepProperty, Text


@dataclass(frozen=True, kw_only=True)
class ModelStep(Step):
    """Makes a model that a batch transform can serve. SageMaker names it ``pipelines-...``."""

    TYPE: ClassVar[str] = "Model"

    image_uri: Text
    model_uri: Text
    role_arn: Text
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateModel request, without the name that the pipeline gives the model."""
        container: dict[str, Any] = {"Image": self.image_uri, "ModelDataUrl": self.model_uri}
        if self.environment:
            container["Environment"] = dict(self.environment)
        return {
            "ExecutionRoleArn": self.role_arn,
            "PrimaryContainer": container,
            "EnableNetworkIsolation": True,
        }

    @property
    def model_name(self) -> StepProperty:
        """The name that the pipeline gave the model."""
        return self.property("ModelName")
