"""Settings of one workload: its data, algorithm, search, training, gate and endpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from infra.settings.compute import ProcessingCompute, TrainingCompute
from infra.settings.data import ImageDataSettings, TableDataSettings
from infra.settings.model import FieldFault, Name, SettingsModel, refuse
from infra.settings.serving import BatchTransformSettings, ServingSettings
from infra.settings.source import AlgorithmSettings, CodeFolder, FrameworkSettings
from infra.settings.tuning import RESERVED_HYPERPARAMETERS, HyperparameterName, TuningSettings

_EXAMPLE = "see config/workloads/cifar-tensorflow.yaml"


class TrainingSettings(SettingsModel):
    """The final training with the winner's hyperparameters."""

    final_epochs: int | None = Field(
        default=None, ge=1, le=10_000, description="epochs, 1 to 10000, or null"
    )
    compute: TrainingCompute = Field(description="the machines of the training job")
    fixed_hyperparameters: dict[HyperparameterName, str | int | float] = Field(
        default={},
        description="further hyperparameters that are not searched, the same in trials and "
        "final training",
    )
    pretrained_weights: bool = Field(
        default=False,
        description="true to give training the channel `weights` with what lies under "
        "<workload>/weights/ in the artifact bucket, or false",
    )
    start_from: Literal["scratch", "champion"] = Field(
        default="scratch",
        description="scratch, or champion: the final training goes on from the approved model "
        "(built-in XGBoost only)",
    )


class EvaluationSettings(SettingsModel):
    """The judgement of the trained model on the held-out data."""

    compute: ProcessingCompute = Field(description="the machine that evaluates the model")
    batch_transform: BatchTransformSettings | None = Field(
        default=None,
        description="the machines that serve held-out data to the model before it is registered, "
        "or null",
    )


class GateSettings(SettingsModel):
    """What a model must reach to be registered."""

    metric: Literal["accuracy", "macro_f1", "auc"] = Field(
        description="accuracy, macro_f1, or (tables of two classes) auc"
    )
    floor: float = Field(
        ge=0, le=1, description="a number from 0 to 1: models below it are not registered"
    )
    compare: bool = Field(
        default=True,
        description="true to compare with the approved model on the same held-out data, or false",
    )
    margin: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="a number from 0 to 1: how much worse than the approved model is still taken",
    )


class WorkloadSettings(SettingsModel):
    """What ``config/workloads/<name>.yaml`` says, with one environment's changes applied.

    The algorithm is one of: AWS's ``framework`` image around our ``code``, with or without an
    ``image`` of ours that extends it; an ``algorithm`` of AWS's; an ``image`` of ours alone.
    """

    name: Name = Field(description="the file's name without .yaml: lower-case words with hyphens")
    description: str = Field(default="", max_length=1_024, description="text")
    code: CodeFolder | None = Field(
        default=None,
        description="a folder model_code/<name in lower case with underscores> with predictor.py, "
        "and train.py where there is a framework",
    )
    framework: FrameworkSettings | None = Field(
        default=None, description="name, version and python of one of AWS's framework images"
    )
    algorithm: AlgorithmSettings | None = Field(
        default=None, description="name and version of an algorithm that AWS built"
    )
    image: CodeFolder | None = Field(
        default=None,
        description="a folder model_code/<name> with the Dockerfile of an image of one's own",
    )
    data: Annotated[ImageDataSettings | TableDataSettings, Field(discriminator="kind")] = Field(
        description="image or table"
    )
    tuning: TuningSettings = Field(description=_EXAMPLE)
    training: TrainingSettings = Field(description=_EXAMPLE)
    evaluation: EvaluationSettings = Field(description=_EXAMPLE)
    gate: GateSettings = Field(description=_EXAMPLE)
    serving: ServingSettings = Field(description=_EXAMPLE)

    @property
    def package(self) -> str | None:
        """The Python package of the workload's own code."""
        return self.code.rpartition("/")[2] if self.code else None

    @model_validator(mode="after")
    def _fits_together(self) -> WorkloadSettings:
        refuse(
            [
                *self._source_faults(),
                *self._algorithm_faults(),
                *self._epoch_faults(),
                *self._hyperparameter_faults(),
            ]
        )
        return self

    def _source_faults(self) -> list[FieldFault]:
        if not (self.framework or self.algorithm or self.image):
            allowed = "a framework of AWS's, an algorithm of AWS's, or an image of one's own"
            return [FieldFault("framework", None, "is missing, and so is any other", allowed)]
        faults = []
        if self.algorithm:
            others = {"framework": self.framework, "image": self.image, "code": self.code}
            faults += [
                FieldFault(key, value, "has no place beside an algorithm of AWS's", "leave it out")
                for key, value in others.items()
                if value is not None
            ]
        elif self.code is None:
            allowed = "a folder model_code/<name> with predictor.py"
            faults.append(FieldFault("code", None, "is missing", allowed))
        return faults

    def _algorithm_faults(self) -> list[FieldFault]:
        metrics = self.tuning.metrics
        if not self.algorithm:
            allowed = "names of metrics, each with a regular expression"
            faults = (
                [FieldFault("tuning.metrics", {}, "is missing", allowed)] if not metrics else []
            )
            if self.training.start_from == "champion":
                problem = "is known of the built-in XGBoost alone"
                faults.append(FieldFault("training.start_from", "champion", problem, "scratch"))
            return faults
        faults = []
        if metrics:
            problem = "are the algorithm's own, and SageMaker takes no others"
            faults.append(FieldFault("tuning.metrics", list(metrics), problem, "leave it out"))
        if self.data.kind != "table":
            faults.append(
                FieldFault("data.kind", self.data.kind, "is not what XGBoost learns from", "table")
            )
        return faults

    def _epoch_faults(self) -> list[FieldFault]:
        tuning, final = self.tuning.epochs, self.training.final_epochs
        if (tuning is None) == (final is None):
            return []
        key, value = (
            ("tuning.epochs", tuning)
            if final is not None
            else (
                "training.final_epochs",
                final,
            )
        )
        allowed = "both tuning.epochs and training.final_epochs, or neither"
        return [FieldFault(key, value, "is missing", allowed)]

    def _hyperparameter_faults(self) -> list[FieldFault]:
        fixed = self.training.fixed_hyperparameters
        taken = dict.fromkeys(self.tuning.ranges, "is searched by tuning.ranges as well")
        taken |= dict.fromkeys(RESERVED_HYPERPARAMETERS, "is set by the pipeline")
        faults = [
            FieldFault(
                f"training.fixed_hyperparameters.{name}",
                fixed[name],
                taken[name],
                "a name that is used once",
            )
            for name in fixed
            if name in taken
        ]
        if self.training.start_from == "champion" and "num_round" not in fixed:
            faults.append(
                FieldFault(
                    "training.start_from",
                    "champion",
                    "adds rounds to the approved model's, and num_round is not fixed",
                    "num_round under training.fixed_hyperparameters, or scratch",
                )
            )
        return faults
