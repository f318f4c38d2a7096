"""A step that trains a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.steps.training_job import TrainingJob
from infra.pipeline.variables import StepProperty, Text


@dataclass(frozen=True, kw_only=True)
class TrainingStep(Step):
    """Runs one training job. Hyperparameter names are fixed here, values may come later."""

    TYPE: ClassVar[str] = "Training"

    job: TrainingJob
    hyperparameters: Mapping[str, Text]

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateTrainingJob request, without the name that the pipeline gives the job."""
        return {**self.job.request(), "HyperParameters": dict(self.hyperparameters)}

    @property
    def training_job_name(self) -> StepProperty:
        """The name that the pipeline gave the job."""
        return self.property("TrainingJobName")

    @property
    def model_uri(self) -> StepProperty:
        """Where the model.tar.gz is."""
        return self.property("ModelArtifacts.S3ModelArtifacts")
