"""The machines of one step: type, number, disk, time limit, spot."""

from __future__ import annotations

from pydantic import Field, model_validator

from infra.settings.instance_types import ProcessingInstanceType, TrainingInstanceType
from infra.settings.model import FieldFault, SettingsModel, refuse

_INSTANCE_COUNT = "a whole number, 1 to 20"
_VOLUME = "whole GiB of disk for each instance, 1 to 16384"
_RUNTIME = "whole minutes, 1 to 7200 (5 days), after which the job is stopped"


class ProcessingCompute(SettingsModel):
    """Machine of a processing job."""

    instance_type: ProcessingInstanceType = Field(
        description="an instance type of processing jobs, such as ml.m5.xlarge"
    )
    volume_gb: int = Field(ge=1, le=16_384, description=_VOLUME)
    max_runtime_minutes: int = Field(ge=1, le=7_200, description=_RUNTIME)


class PreparationCompute(ProcessingCompute):
    """Machines of the job that prepares data: they share the files among them."""

    instance_count: int = Field(default=1, ge=1, le=20, description=_INSTANCE_COUNT)


class TrainingCompute(SettingsModel):
    """Machines of a training job, or of each training job of a tuning job."""

    instance_type: TrainingInstanceType = Field(
        description="an instance type of training jobs, such as ml.g5.xlarge"
    )
    instance_count: int = Field(ge=1, le=20, description=_INSTANCE_COUNT)
    volume_gb: int = Field(ge=1, le=16_384, description=_VOLUME)
    max_runtime_minutes: int = Field(ge=1, le=7_200, description=_RUNTIME)
    spot: bool = Field(
        default=False,
        description="true for spare capacity at a discount, which AWS may take back at any time, "
        "or false",
    )
    max_wait_minutes: int | None = Field(
        default=None,
        ge=1,
        le=14_400,
        description="with spot: whole minutes for waiting and running together, "
        "max_runtime_minutes or more; without spot: leave it out",
    )
    warm_pool_minutes: int = Field(
        default=0,
        ge=0,
        le=60,
        description="whole minutes, 0 to 60, that instances are kept, and paid, for a next job; "
        "0 with spot",
    )

    @model_validator(mode="after")
    def _spot_fits(self) -> TrainingCompute:
        refuse(self._spot_faults())
        return self

    def _spot_faults(self) -> list[FieldFault]:
        faults = []
        if self.spot and self.warm_pool_minutes:
            faults.append(
                FieldFault(
                    "warm_pool_minutes",
                    self.warm_pool_minutes,
                    "SageMaker keeps no warm pool of spot instances",
                    "0, or spot: false",
                )
            )
        if self.spot and self.max_wait_minutes is None:
            faults.append(
                FieldFault(
                    "max_wait_minutes",
                    None,
                    "is missing, and spot needs it",
                    f"{self.max_runtime_minutes} (max_runtime_minutes) or more",
                )
            )
        if not self.spot and self.max_wait_minutes is not None:
            faults.append(
                FieldFault(
                    "max_wait_minutes",
                    self.max_wait_minutes,
                    "has no meaning without spot",
                    "leave it out, or spot: true",
                )
            )
        if self.spot and (self.max_wait_minutes or self.max_runtime_minutes) < (
            self.max_runtime_minutes
        ):
            faults.append(
                FieldFault(
                    "max_wait_minutes",
                    self.max_wait_minutes,
                    "is shorter than max_runtime_minutes, which it includes",
                    f"{self.max_runtime_minutes} or more",
                )
            )
        return faults
