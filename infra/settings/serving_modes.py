"""The other ways to serve than an endpoint whose instances are always there."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from infra.settings.instance_types import TransformInstanceType
from infra.settings.model import FieldFault, SettingsModel, refuse
from infra.settings.schedules import CRON, Cron

# MaxConcurrentTransforms x MaxPayloadInMB, in the API reference of CreateTransformJob.
_MAX_MB_AT_ONCE = 100


class ServerlessSettings(SettingsModel):
    """An endpoint without instances of its own; AWS bills the milliseconds of requests."""

    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        description="memory in MB: 1024, 2048, 3072, 4096, 5120 or 6144; CPUs come with it"
    )
    max_concurrency: int = Field(
        ge=1, le=200, description="requests at once, 1 to 200; more are refused"
    )
    provisioned_concurrency: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="requests at once, 1 to max_concurrency, that find a container started "
        "already, which is billed; null for none",
    )

    @model_validator(mode="after")
    def _provisioned_fits(self) -> ServerlessSettings:
        if (self.provisioned_concurrency or 0) > self.max_concurrency:
            refuse(
                [
                    FieldFault(
                        "provisioned_concurrency",
                        self.provisioned_concurrency,
                        "is more than max_concurrency",
                        f"1 to {self.max_concurrency} (max_concurrency), or null",
                    )
                ]
            )
        return self


class AsynchronousSettings(SettingsModel):
    """An endpoint that takes its requests from S3, one after the other, and answers there."""

    max_concurrent_per_instance: int | None = Field(
        default=None,
        ge=1,
        le=1_000,
        description="requests at once that an instance gets, 1 to 1000, or null for AWS's choice",
    )
    min_instances: int = Field(
        default=0, ge=0, le=100, description="how many instances, 0 to instance_count (default 0)"
    )
    max_instances: int = Field(
        ge=1, le=100, description="how many instances, instance_count to 100"
    )
    backlog_per_instance: int = Field(
        ge=1, le=1_000_000, description="waiting requests for which one instance should be there"
    )


class BatchModeSettings(SettingsModel):
    """No endpoint: batch transform of what is uploaded."""

    instance_type: TransformInstanceType = Field(
        description="an instance type of batch transform, such as ml.m5.large"
    )
    instance_count: int = Field(default=1, ge=1, le=20, description="how many instances, 1 to 20")
    schedule: Cron | None = Field(
        default=None,
        description=f"{CRON} cron(0 2 * * ? *), in UTC, or null for uploads alone",
    )
    split: Literal["line", "none"] = Field(
        default="line", description="line: each line is a record; none: each file is one"
    )
    max_payload_mb: int = Field(
        default=6, ge=1, le=100, description="MB that a request may have, 1 to 100"
    )
    max_concurrent_transforms: int = Field(
        default=2, ge=1, le=100, description="requests sent to an instance at once, 1 to 100"
    )
    quiet_seconds: int = Field(
        default=60,
        ge=1,
        le=86_400,
        description="whole seconds, 1 to 86400, without a new object before an upload is taken",
    )

    @model_validator(mode="after")
    def _requests_fit(self) -> BatchModeSettings:
        if self.max_payload_mb * self.max_concurrent_transforms > _MAX_MB_AT_ONCE:
            refuse(
                [
                    FieldFault(
                        "max_concurrent_transforms",
                        self.max_concurrent_transforms,
                        f"times max_payload_mb is more than SageMaker's {_MAX_MB_AT_ONCE} MB",
                        f"1 to {_MAX_MB_AT_ONCE // self.max_payload_mb}, or a smaller "
                        "max_payload_mb",
                    )
                ]
            )
        return self
