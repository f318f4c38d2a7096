"""Settings of one environment: where it is deployed, how careful it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from infra.settings.instance_types import (
    ProcessingInstanceType,
    ServingInstanceType,
    TrainingInstanceType,
    TransformInstanceType,
)
from infra.settings.model import FieldFault, Items, Name, SettingsModel, refuse

RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653]
"""The retention times that CloudWatch Logs offers, up to ten years."""


def _account_as_text(value: Any) -> Any:
    if isinstance(value, int):
        # YAML reads 012345678901 as a number and drops the zero, or takes it for octal.
        raise PydanticCustomError("account_quotes", "was read as a number: put it in quotes")
    return value


Account = Annotated[
    str, BeforeValidator(_account_as_text), StringConstraints(pattern=r"^[0-9]{12}$")
]


def _not_reserved_by_aws(name: str) -> str:
    if name.lower().startswith("aws:"):
        raise ValueError("begins with aws:, which AWS keeps for itself")
    return name


TagName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-zA-Z0-9_ .:/=+@-]{1,128}$"),
    AfterValidator(_not_reserved_by_aws),
]


class IntakeSettings(SettingsModel):
    """When an upload counts as complete and is frozen into a dataset version."""

    quiet_seconds: int = Field(
        ge=1,
        le=86_400,
        description="whole seconds, 1 to 86400, without a new object before an upload is frozen",
    )
    max_wait_seconds: int = Field(
        ge=1,
        le=604_800,
        description="whole seconds, 1 to 604800, after which an upload that never falls quiet "
        "is frozen as it is; at least quiet_seconds",
    )

    @model_validator(mode="after")
    def _wait_is_long_enough(self) -> IntakeSettings:
        if self.max_wait_seconds < self.quiet_seconds:
            refuse(
                [
                    FieldFault(
                        "max_wait_seconds",
                        self.max_wait_seconds,
                        "is shorter than quiet_seconds, so that no upload could fall quiet",
                        f"{self.quiet_seconds} or more",
                    )
                ]
            )
        return self


class AlertSettings(SettingsModel):
    """Who hears of failures and of models that await approval."""

    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = Field(
        default=None,
        description="an e-mail address, which AWS asks to confirm, or null for nobody",
    )


class ApprovalSettings(SettingsModel):
    """A person decides within each deployment, before anything is made."""

    timeout_hours: int = Field(
        ge=1,
        le=168,
        description="whole hours, 1 to 168 (a week), after which the deployment is given up",
    )


class PromotionSettings(SettingsModel):
    """The very packages that prove themselves in another environment come here."""

    source: Name = Field(
        alias="from", description="the name of another environment, such as staging"
    )


class DeploymentSettings(SettingsModel):
    """How an approved model package goes live, and when it is rolled back."""

    auto_approve: bool = Field(
        description="true to approve what passes the gate without a person, or false"
    )
    poll_seconds: int = Field(
        ge=1, le=600, description="whole seconds, 1 to 600, between two looks at the endpoint"
    )
    timeout_minutes: int = Field(
        ge=1,
        le=240,
        description="whole minutes, 1 to 240, that an endpoint may take to be in service",
    )
    bake_seconds: int = Field(
        ge=0,
        le=3_600,
        description="whole seconds, 0 to 3600, that the old instances are kept, and the alarms "
        "watched, after all requests have gone over; a first deployment serves for so long before "
        "its smoke test",
    )
    max_smoke_failures: int = Field(
        ge=0,
        le=100,
        description="how many of the smoke test's samples may be answered with an error or with "
        "a wrong label, 0 to 100",
    )
    approval: ApprovalSettings | None = Field(
        default=None,
        description="null, or timeout_hours: a person decides on a page within each deployment",
    )


class InstanceSettings(SettingsModel):
    """Instance types that this environment uses for every workload, instead of the workload's.

    A workload's own ``environments`` section still has the last word.
    """

    prepare: ProcessingInstanceType | None = Field(
        default=None, description="an instance type of processing jobs, such as ml.m5.xlarge"
    )
    tune: TrainingInstanceType | None = Field(
        default=None, description="an instance type of training jobs, such as ml.g5.xlarge"
    )
    train: TrainingInstanceType | None = Field(
        default=None, description="an instance type of training jobs, such as ml.g5.xlarge"
    )
    evaluate: ProcessingInstanceType | None = Field(
        default=None, description="an instance type of processing jobs, such as ml.m5.xlarge"
    )
    transform: TransformInstanceType | None = Field(
        default=None, description="an instance type of batch transform, such as ml.m5.large"
    )
    serve: ServingInstanceType | None = Field(
        default=None, description="an instance type of endpoints, such as ml.c6i.large"
    )


class EnvironmentSettings(SettingsModel):
    """What ``config/environments/<name>.yaml`` says."""

    name: Name = Field(description="the file's name without .yaml: lower-case words with hyphens")
    description: str = Field(default="", description="text")
    account: Account = Field(
        description="the AWS account's 12 digits in quotes; "
        "`aws sts get-caller-identity --query Account` prints it"
    )
    region: str = Field(
        pattern=r"^[a-z]{2,3}(-[a-z]+)+-[0-9]$", description="an AWS region, such as eu-west-1"
    )
    workloads: Items[Name] = Field(
        min_length=1, description="a list of names of files in config/workloads/, without .yaml"
    )
    removal: Literal["destroy", "retain"] = Field(
        description="destroy to delete buckets, keys and logs with their stack, or retain"
    )
    intake: IntakeSettings = Field(description="see config/environments/local.yaml")
    alerts: AlertSettings = Field(
        default=AlertSettings(), description="see config/environments/local.yaml"
    )
    deployment: DeploymentSettings = Field(description="see config/environments/local.yaml")
    promotion: PromotionSettings | None = Field(
        default=None,
        description="null, or from: an environment whose model packages come here",
    )
    log_retention_days: RetentionDays = Field(
        description=f"a number of days: {', '.join(map(str, get_args(RetentionDays)))}"
    )
    tags: dict[
        TagName,
        Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_ .:/=+@-]{0,256}$")],
    ] = Field(
        default={},
        description="names and values of letters, digits, spaces and _ . : / = + - @; "
        "a name does not begin with aws:",
    )
    instances: InstanceSettings = Field(
        default=InstanceSettings(), description="see InstanceSettings in infra/settings"
    )

    @field_validator("workloads")
    @classmethod
    def _workloads_differ(cls, workloads: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in workloads if workloads.count(name) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} twice")
        return workloads
