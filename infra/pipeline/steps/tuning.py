"""A step that searches hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.steps.training_job import TrainingJob
from infra.pipeline.variables import StepProperty, Text
from infra.settings.tuning import (
    CategoricalRange,
    ContinuousRange,
    IntegerRange,
    ParameterRange,
    TuningSettings,
)


@dataclass(frozen=True, kw_only=True)
class TuningStep(Step):
    """Runs a tuning job: trials of one training job under many hyperparameters."""

    TYPE: ClassVar[str] = "Tuning"

    job: TrainingJob
    search: TuningSettings
    static_hyperparameters: Mapping[str, Text]

    @property
    def arguments(self) -> dict[str, Any]:
        """A CreateHyperParameterTuningJob request, without the name, which the pipeline gives."""
        search = self.search
        seed = {} if search.random_seed is None else {"RandomSeed": search.random_seed}
        return {
            "HyperParameterTuningJobConfig": {
                **seed,
                "Strategy": search.strategy,
                "HyperParameterTuningJobObjective": {
                    "Type": search.objective.goal,
                    "MetricName": search.objective.metric,
                },
                "ResourceLimits": {
                    "MaxNumberOfTrainingJobs": search.max_jobs,
                    "MaxParallelTrainingJobs": search.max_parallel_jobs,
                },
                "ParameterRanges": parameter_ranges(search.ranges),
                "TrainingJobEarlyStoppingType": "Auto" if search.early_stopping else "Off",
            },
            "TrainingJobDefinition": {
                **self.job.request(),
                "StaticHyperParameters": dict(self.static_hyperparameters),
            },
        }

    @property
    def tuning_job_name(self) -> StepProperty:
        """The name that the pipeline gave the tuning job."""
        return self.property("HyperParameterTuningJobName")


def parameter_ranges(ranges: Mapping[str, ParameterRange]) -> dict[str, Any]:
    """The ranges as the API has them: by kind, every number as text."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for name, searched in ranges.items():
        match searched:
            case CategoricalRange():
                values = [text_of(value) for value in searched.values]
                kinds.setdefault("CategoricalParameterRanges", []).append(
                    {"Name": name, "Values": values}
                )
            case ContinuousRange():
                kinds.setdefault("ContinuousParameterRanges", []).append(_bounds(name, searched))
            case IntegerRange():
                kinds.setdefault("IntegerParameterRanges", []).append(_bounds(name, searched))
    return kinds


def text_of(value: str | int | float) -> str:
    """A hyperparameter's value as the API takes it, which is text."""
    return str(value)


def _bounds(name: str, searched: ContinuousRange | IntegerRange) -> dict[str, str]:
    return {
        "Name": name,
        "MinValue": text_of(searched.min),
        "MaxValue": text_of(searched.max),
        "ScalingType": searched.scale,
    }
