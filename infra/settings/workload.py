"""Settings of one workload: its code, data, search, training, gate and endpoint."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from infra.settings.compute import ProcessingCompute, TrainingCompute
from infra.settings.instance_types import ServingInstanceType
from infra.settings.model import FieldFault, Items, Name, SettingsModel, refuse
from infra.settings.tuning import RESERVED_HYPERPARAMETERS, HyperparameterName, TuningSettings

ContentType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=256)]


def _inside_the_repository(folder: str) -> str:
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("leaves the repository")
    return folder


CodeFolder = Annotated[
    str, StringConstraints(pattern=r"^[\w./-]+$"), AfterValidator(_inside_the_repository)
]


class FrameworkSettings(SettingsModel):
    """Which of AWS's framework images the jobs and the endpoint run in.

    Whether it is the image for CPUs or for GPUs follows from each step's instance type.
    """

    name: str = Field(description="a framework in infra/pipeline/image_uris.json")
    version: str = Field(
        description="a version of that framework in infra/pipeline/image_uris.json, in quotes"
    )
    python: str = Field(pattern=r"^py3[0-9]+$", description="a Python version, such as py312")


class DataSettings(SettingsModel):
    """How uploaded pictures are checked, resized and split (`prepare.py`)."""

    image_size: int = Field(
        ge=8, le=1_024, description="edge in whole pixels that pictures are resized to, 8 to 1024"
    )
    validation_fraction: float = Field(
        gt=0, lt=1, description="a number between 0 and 1: the part that tuning is judged by"
    )
    test_fraction: float = Field(
        gt=0,
        lt=1,
        description="a number between 0 and 1: the part held out from training and tuning",
    )
    min_images_per_class: int = Field(
        ge=3, description="a whole number, 3 or more: one for each split at least"
    )
    max_bad_fraction: float = Field(
        ge=0,
        lt=1,
        description="a number from 0 to below 1: the part of unreadable files above which the "
        "run stops",
    )
    samples: int = Field(
        ge=1, le=100, description="held-out pictures kept for the smoke test, 1 to 100"
    )
    compute: ProcessingCompute = Field(description="the machine that prepares the data")

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> DataSettings:
        held_out = self.validation_fraction + self.test_fraction
        if held_out >= 1:
            refuse(
                [
                    FieldFault(
                        "test_fraction",
                        self.test_fraction,
                        f"with validation_fraction {self.validation_fraction} nothing is left "
                        "to train on",
                        f"less than {round(1 - self.validation_fraction, 6)}",
                    )
                ]
            )
        return self


class TrainingSettings(SettingsModel):
    """The final training with the winner's hyperparameters."""

    final_epochs: int = Field(ge=1, le=10_000, description="epochs, 1 to 10000")
    compute: TrainingCompute = Field(description="the machines of the training job")
    fixed_hyperparameters: dict[HyperparameterName, str | int | float] = Field(
        default={},
        description="further hyperparameters of train.py that are not searched, the same in "
        "trials and final training",
    )


class EvaluationSettings(SettingsModel):
    """The judgement of the trained model on the held-out data (`evaluate.py`)."""

    compute: ProcessingCompute = Field(description="the machine that evaluates the model")


class GateSettings(SettingsModel):
    """What a model must reach to be registered."""

    metric: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")] = Field(
        description="a metric under `metrics` of evaluate.py's report, such as accuracy"
    )
    floor: float = Field(
        ge=0, le=1, description="a number from 0 to 1: models below it are not registered"
    )


class ServingSettings(SettingsModel):
    """The endpoint."""

    instance_type: ServingInstanceType = Field(
        description="an instance type of endpoints, such as ml.c6i.large"
    )
    instance_count: int = Field(ge=1, le=100, description="how many instances, 1 to 100")
    content_types: Items[ContentType] = Field(
        min_length=1, description="a list of what inference.py reads, such as application/x-image"
    )
    response_types: Items[ContentType] = Field(
        min_length=1, description="a list of what inference.py answers with"
    )


class WorkloadSettings(SettingsModel):
    """What ``config/workloads/<name>.yaml`` says, with one environment's changes applied."""

    name: Name = Field(description="the file's name without .yaml: lower-case words with hyphens")
    description: str = Field(default="", max_length=1_024, description="text")
    task: Literal["image-classification"] = Field(
        description="image-classification: pictures in one folder a class"
    )
    code: CodeFolder = Field(
        description="a folder of this repository with prepare.py, train.py, evaluate.py and "
        "inference.py"
    )
    framework: FrameworkSettings = Field(description="name, version and python")
    data: DataSettings = Field(description="see config/workloads/cifar-tensorflow.yaml")
    tuning: TuningSettings = Field(description="see config/workloads/cifar-tensorflow.yaml")
    training: TrainingSettings = Field(description="see config/workloads/cifar-tensorflow.yaml")
    evaluation: EvaluationSettings = Field(description="see config/workloads/cifar-tensorflow.yaml")
    gate: GateSettings = Field(description="see config/workloads/cifar-tensorflow.yaml")
    serving: ServingSettings = Field(description="see config/workloads/cifar-tensorflow.yaml")

    @model_validator(mode="after")
    def _searched_or_fixed(self) -> WorkloadSettings:
        fixed = self.training.fixed_hyperparameters
        taken = dict.fromkeys(self.tuning.ranges, "is searched by tuning.ranges as well")
        taken |= dict.fromkeys(RESERVED_HYPERPARAMETERS, "is set by the pipeline")
        refuse(
            FieldFault(
                f"training.fixed_hyperparameters.{name}",
                fixed[name],
                taken[name],
                "a name that is used once",
            )
            for name in fixed
            if name in taken
        )
        return self
