"""Settings of the hyperparameter search."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from infra.settings.compute import TrainingCompute
from infra.settings.model import FieldFault, Items, SettingsModel, refuse

Scale = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]

RESERVED_HYPERPARAMETERS = frozenset(
    {
        "epochs",
        "sagemaker_program",
        "sagemaker_submit_directory",
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_region",
    }
)
"""Hyperparameters that the pipeline sets itself, so that a search must not."""


def _regex_with_one_group(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if compiled.groups != 1:
        raise ValueError(f"has {compiled.groups} groups in parentheses; the one is the number")
    return pattern


MetricRegex = Annotated[
    str, StringConstraints(min_length=1, max_length=500), AfterValidator(_regex_with_one_group)
]
MetricName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_:.-]{0,254}$")]
HyperparameterName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$")]


class ContinuousRange(SettingsModel):
    """A hyperparameter that takes any number between two."""

    type: Literal["continuous"] = Field(description="continuous, integer or categorical")
    min: float = Field(description="a number below max")
    max: float = Field(description="a number above min")
    scale: Scale = Field(
        default="Auto",
        description="Auto, Linear, Logarithmic (min above 0) or ReverseLogarithmic (0 <= min, "
        "max < 1)",
    )

    @model_validator(mode="after")
    def _bounds_fit(self) -> ContinuousRange:
        refuse(_bound_faults(self.min, self.max, self.scale))
        return self


class IntegerRange(SettingsModel):
    """A hyperparameter that takes any whole number between two, both included."""

    type: Literal["integer"] = Field(description="continuous, integer or categorical")
    min: int = Field(description="a whole number below max")
    max: int = Field(description="a whole number above min")
    scale: Literal["Auto", "Linear", "Logarithmic"] = Field(
        default="Auto", description="Auto, Linear or Logarithmic (min above 0)"
    )

    @model_validator(mode="after")
    def _bounds_fit(self) -> IntegerRange:
        refuse(_bound_faults(self.min, self.max, self.scale))
        return self


class CategoricalRange(SettingsModel):
    """A hyperparameter that takes one of the values listed."""

    type: Literal["categorical"] = Field(description="continuous, integer or categorical")
    values: Items[str | int | float] = Field(
        min_length=1, max_length=30, description="a list of 1 to 30 different words or numbers"
    )

    @field_validator("values")
    @classmethod
    def _values_differ(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        texts = [str(value) for value in values]
        if len(set(texts)) < len(texts):
            raise ValueError("names a value twice")
        return values


ParameterRange = Annotated[
    ContinuousRange | IntegerRange | CategoricalRange, Field(discriminator="type")
]


class Objective(SettingsModel):
    """What the search tries to reach."""

    metric: MetricName = Field(description="one of the names under metrics")
    goal: Literal["Maximize", "Minimize"] = Field(description="Maximize or Minimize")


class TuningSettings(SettingsModel):
    """The search for the best hyperparameters."""

    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"] = Field(
        description="Bayesian, Random, Grid or Hyperband"
    )
    max_jobs: int = Field(ge=1, le=750, description="how many trials, 1 to 750")
    max_parallel_jobs: int = Field(
        ge=1, le=100, description="how many trials at a time, 1 to 100 and no more than max_jobs"
    )
    early_stopping: bool = Field(
        description="true to stop trials that lag behind the others, or false"
    )
    random_seed: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="a whole number from 0, for the same choice of trials each time, or null",
    )
    epochs: int | None = Field(
        default=None, ge=1, le=10_000, description="epochs of each trial, 1 to 10000, or null"
    )
    objective: Objective = Field(description="the metric and goal of the search")
    metrics: dict[MetricName, MetricRegex] = Field(
        default={},
        max_length=40,
        description="names of metrics, each with a regular expression of at most 500 characters "
        "that finds its number, in one group, in the lines that the training prints; none for an "
        "algorithm of AWS, which has its own",
    )
    ranges: dict[HyperparameterName, ParameterRange] = Field(
        min_length=1,
        max_length=30,
        description="names of the training's hyperparameters, without leading dashes, of letters, "
        "digits, - and _, each with its range",
    )
    compute: TrainingCompute = Field(description="the machines of each trial")

    @model_validator(mode="after")
    def _fits_together(self) -> TuningSettings:
        refuse([*self._limit_faults(), *self._name_faults(), *self._strategy_faults()])
        return self

    def _limit_faults(self) -> list[FieldFault]:
        faults = []
        if self.max_parallel_jobs > self.max_jobs:
            faults.append(
                FieldFault(
                    "max_parallel_jobs",
                    self.max_parallel_jobs,
                    "is more than max_jobs",
                    f"1 to {self.max_jobs} (max_jobs)",
                )
            )
        if self.compute.warm_pool_minutes:
            faults.append(
                FieldFault(
                    "compute.warm_pool_minutes",
                    self.compute.warm_pool_minutes,
                    "a tuning job keeps no warm pool; it reuses its instances by itself",
                    "leave it out",
                )
            )
        return faults

    def _name_faults(self) -> list[FieldFault]:
        faults = []
        if self.metrics and self.objective.metric not in self.metrics:
            faults.append(
                FieldFault(
                    "objective.metric",
                    self.objective.metric,
                    "has no regular expression under metrics",
                    f"one of {', '.join(self.metrics)}, or a new line under metrics",
                )
            )
        faults += [
            FieldFault(
                f"ranges.{name}",
                name,
                "is set by the pipeline and cannot be searched",
                f"any name but {', '.join(sorted(RESERVED_HYPERPARAMETERS))}",
            )
            for name in self.ranges
            if name in RESERVED_HYPERPARAMETERS
        ]
        return faults

    def _strategy_faults(self) -> list[FieldFault]:
        faults = []
        if self.strategy == "Grid":
            faults += [
                FieldFault(
                    f"ranges.{name}.type",
                    searched.type,
                    "a Grid search tries every combination and takes only lists of values",
                    "categorical, or another strategy",
                )
                for name, searched in self.ranges.items()
                if not isinstance(searched, CategoricalRange)
            ]
        if self.strategy == "Hyperband" and self.early_stopping:
            faults.append(
                FieldFault(
                    "early_stopping",
                    True,
                    "Hyperband stops trials by itself and takes no early stopping besides",
                    "false",
                )
            )
        return faults


def _bound_faults(low: float, high: float, scale: Scale) -> list[FieldFault]:
    faults = []
    if low >= high:
        faults.append(FieldFault("max", high, "is not above min", f"more than {low}"))
    if scale == "Logarithmic" and low <= 0:
        faults.append(FieldFault("min", low, "has no logarithm", "more than 0, or scale: Linear"))
    if scale == "ReverseLogarithmic" and not 0 <= low < high < 1:
        faults.append(
            FieldFault("scale", scale, "needs bounds from 0 to below 1", "Linear, or other bounds")
        )
    return faults
