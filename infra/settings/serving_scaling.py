"""How many instances an endpoint has, and at which hours there is one."""

from __future__ import annotations

from pydantic import Field, model_validator

from infra.settings.model import FieldFault, Items, SettingsModel, refuse
from infra.settings.schedules import CRON, Cron, TimeZone

_COOLDOWN = "whole seconds, 0 to 3600, after which instances are {} again"
_TIME_ZONE = "a name of the IANA database, such as Europe/Berlin"


class FloorSettings(SettingsModel):
    """From a time on, no fewer instances than this."""

    schedule: Cron = Field(description=f"{CRON} cron(0 7 ? * MON-FRI *)")
    timezone: TimeZone = Field(default="UTC", description=_TIME_ZONE)
    min_instances: int = Field(
        ge=1, le=100, description="how many instances, 1 to max_instances, from then on"
    )


class AutoscalingSettings(SettingsModel):
    """As many instances as the requests need."""

    min_instances: int = Field(ge=1, le=100, description="how many instances, 1 to instance_count")
    max_instances: int = Field(
        ge=1, le=100, description="how many instances, instance_count to 100"
    )
    invocations_per_instance: int = Field(
        ge=1, le=1_000_000, description="requests in a minute that one instance should get"
    )
    scale_in: bool = Field(
        default=True, description="false to add instances only, and never take one away, or true"
    )
    scale_in_cooldown_seconds: int = Field(
        default=300, ge=0, le=3_600, description=_COOLDOWN.format("taken away")
    )
    scale_out_cooldown_seconds: int = Field(
        default=60, ge=0, le=3_600, description=_COOLDOWN.format("added")
    )
    floors: Items[FloorSettings] = Field(
        default=(),
        max_length=20,
        description="a list of up to 20 times, each with the fewest instances from then on",
    )

    @model_validator(mode="after")
    def _bounds_fit(self) -> AutoscalingSettings:
        refuse(self._faults())
        return self

    def _faults(self) -> list[FieldFault]:
        faults = []
        if self.min_instances > self.max_instances:
            allowed = f"1 to {self.max_instances} (max_instances)"
            problem = "is more than max_instances"
            faults.append(FieldFault("min_instances", self.min_instances, problem, allowed))
        faults += [
            FieldFault(
                f"floors.{index}.min_instances",
                floor.min_instances,
                "is more than max_instances",
                f"1 to {self.max_instances} (max_instances)",
            )
            for index, floor in enumerate(self.floors)
            if floor.min_instances > self.max_instances
        ]
        return faults


class HoursSettings(SettingsModel):
    """When there is an endpoint; outside it is deleted, and made again from the same model."""

    start: Cron = Field(description=f"{CRON} cron(0 7 ? * MON-FRI *), when the endpoint is made")
    stop: Cron = Field(description=f"{CRON} cron(0 19 ? * MON-FRI *), when the endpoint is deleted")
    timezone: TimeZone = Field(description=_TIME_ZONE)

    @model_validator(mode="after")
    def _times_differ(self) -> HoursSettings:
        if self.start == self.stop:
            problem = "is the very time of start"
            refuse([FieldFault("stop", self.stop, problem, "another time than start")])
        return self
