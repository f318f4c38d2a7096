"""Settings of the endpoint and of batch transform."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from infra.settings.instance_types import ServingInstanceType, TransformInstanceType
from infra.settings.model import FieldFault, Items, SettingsModel, refuse

ContentType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=256)]

DEFAULT_SPLIT_SHARE = 0.1


class ServingSettings(SettingsModel):
    """The endpoint."""

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
    update: Literal["replace", "split"] = Field(
        default="replace",
        description="replace: an approved model takes all requests; split: it takes split_share "
        "of them beside the model that served, until an operator ends the split",
    )
    split_share: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="a number from 0 to below 1, with update: split only: the share of requests "
        "that a new model gets first (default 0.1)",
    )

    @property
    def first_share(self) -> float:
        """The share of requests that a new model gets first, 0 to 1."""
        if self.update == "replace":
            return 1.0
        return DEFAULT_SPLIT_SHARE if self.split_share is None else self.split_share

    @model_validator(mode="after")
    def _a_share_takes_a_split(self) -> ServingSettings:
        if self.update != "split" and self.split_share is not None:
            refuse(
                [
                    FieldFault(
                        "split_share",
                        self.split_share,
                        f"means nothing with update: {self.update}",
                        "no split_share, or update: split",
                    )
                ]
            )
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
