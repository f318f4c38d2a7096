"""Settings of how a model serves, and of batch transform as a test."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from infra.settings.instance_types import ServingInstanceType, TransformInstanceType
from infra.settings.model import Items, SettingsModel, refuse
from infra.settings.serving_exclusions import serving_faults
from infra.settings.serving_modes import (
    AsynchronousSettings,
    BatchModeSettings,
    ServerlessSettings,
)
from infra.settings.serving_network import VpcSettings
from infra.settings.serving_rollout import GuardAlarmSettings, RolloutSettings
from infra.settings.serving_scaling import AutoscalingSettings, HoursSettings
from infra.settings.serving_variants import ShadowSettings, SplitStepsSettings, WinnerSettings

ContentType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=256)]

DEFAULT_SPLIT_SHARE = 0.1

_SEE = "see docs/configuration.md, Serving"


class ServingSettings(SettingsModel):
    """The endpoint, or what stands in its place."""

    mode: Literal["realtime", "serverless", "async", "batch"] = Field(
        default="realtime",
        description="realtime (default): instances that are always there; serverless: none while "
        "there are no requests; async: requests and answers in S3; batch: no endpoint, batch "
        "transform of uploads",
    )
    instance_type: ServingInstanceType = Field(
        description="an instance type of endpoints, such as ml.c6i.large"
    )
    instance_count: int = Field(ge=1, le=100, description="how many instances, 1 to 100")
    content_types: Items[ContentType] = Field(
        min_length=1, description="a list of what the model reads, such as application/x-image"
    )
    response_types: Items[ContentType] = Field(
        min_length=1, description="a list of what the model answers with"
    )
    update: Literal["replace", "split", "shadow"] = Field(
        default="replace",
        description="replace: an approved model takes all requests; split: it takes split_share "
        "of them beside the model that served, until the split is ended; shadow: it gets a copy "
        "of them first, and takes all if its answers compare well",
    )
    split_share: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="a number from 0 to below 1, with update: split only: the share of requests "
        "that a new model gets first (default 0.1)",
    )
    split_steps: SplitStepsSettings | None = Field(
        default=None, description=f"with update: split only; {_SEE}"
    )
    winner: WinnerSettings | None = Field(
        default=None, description=f"with update: split only; {_SEE}"
    )
    shadow: ShadowSettings | None = Field(
        default=None, description=f"with update: shadow only; {_SEE}"
    )
    rollout: RolloutSettings = Field(default=RolloutSettings(), description=_SEE)
    alarms: GuardAlarmSettings = Field(default=GuardAlarmSettings(), description=_SEE)
    autoscaling: AutoscalingSettings | None = Field(
        default=None, description=f"with mode: realtime only; {_SEE}"
    )
    hours: HoursSettings | None = Field(
        default=None, description=f"null, or when there is an endpoint; {_SEE}"
    )
    serverless: ServerlessSettings | None = Field(
        default=None, description=f"with mode: serverless only; {_SEE}"
    )
    asynchronous: AsynchronousSettings | None = Field(
        default=None, description=f"with mode: async only; {_SEE}"
    )
    batch: BatchModeSettings | None = Field(
        default=None, description=f"with mode: batch only; {_SEE}"
    )
    data_capture_percent: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="percent of requests and answers, 1 to 100, that are kept in S3, or null",
    )
    vpc: VpcSettings | None = Field(
        default=None, description=f"null, or the network of the containers; {_SEE}"
    )

    @property
    def has_instances(self) -> bool:
        """Whether there is an endpoint with instances of its own."""
        return self.mode in ("realtime", "async")

    @property
    def first_share(self) -> float:
        """The share of requests that a new model gets first, 0 to 1."""
        if self.update != "split":
            return 1.0
        return DEFAULT_SPLIT_SHARE if self.split_share is None else self.split_share

    @model_validator(mode="after")
    def _fits_together(self) -> ServingSettings:
        refuse(serving_faults(self))
        return self


class BatchTransformSettings(SettingsModel):
    """A batch transform of held-out data, which tests the model as it will be served."""

    instance_type: TransformInstanceType = Field(
        description="an instance type of batch transform, such as ml.m5.large"
    )
    instance_count: int = Field(default=1, ge=1, le=20, description="how many instances, 1 to 20")
    max_concurrent_transforms: int = Field(
        default=2, ge=1, le=100, description="requests sent to an instance at once, 1 to 100"
    )
