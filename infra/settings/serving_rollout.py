"""How a new model takes the old one's place, and what takes it back."""

from __future__ import annotations

from pydantic import Field, model_validator

from contracts.serving import Rollout, Strategy
from infra.settings.model import FieldFault, SettingsModel, refuse

# LinearStepSize in the API reference of TrafficRoutingConfig: 10 to 50 percent of the capacity.
_LEAST_LINEAR_PERCENT = 10


class RolloutSettings(SettingsModel):
    """How a new model takes the old one's place."""

    strategy: Strategy = Field(
        default="all-at-once",
        description="all-at-once (default), canary, linear or rolling; the last three need "
        "instance_count: 2 or more",
    )
    step_percent: int | None = Field(
        default=None,
        ge=5,
        le=50,
        description="whole percent of the instances, 5 to 50 (linear: 10 to 50): the canary, a "
        "linear step or a rolling batch (default 10); none with all-at-once",
    )
    step_wait_seconds: int | None = Field(
        default=None,
        ge=0,
        le=3_600,
        description="whole seconds, 0 to 3600, that the alarms are watched between two steps "
        "(default 300); none with all-at-once",
    )

    @property
    def contract(self) -> Rollout:
        """The same as the functions of deployment read it, with the defaults in place."""
        given = {"step_percent": self.step_percent, "step_wait_seconds": self.step_wait_seconds}
        return Rollout(
            strategy=self.strategy,
            **{key: value for key, value in given.items() if value is not None},
        )

    @model_validator(mode="after")
    def _steps_fit(self) -> RolloutSettings:
        refuse(self._faults())
        return self

    def _faults(self) -> list[FieldFault]:
        if self.strategy == "all-at-once":
            given = {
                "step_percent": self.step_percent,
                "step_wait_seconds": self.step_wait_seconds,
            }
            return [
                FieldFault(key, value, "has no meaning with all-at-once", "leave it out, or null")
                for key, value in given.items()
                if value is not None
            ]
        percent = self.contract.step_percent
        if self.strategy == "linear" and percent < _LEAST_LINEAR_PERCENT:
            problem = "is less than a linear step may be on SageMaker"
            return [FieldFault("step_percent", percent, problem, "10 to 50")]
        return []


class GuardAlarmSettings(SettingsModel):
    """What rolls an update back while it takes place, and while the new model bakes."""

    max_5xx_percent: float | None = Field(
        default=1,
        ge=0,
        lt=100,
        description="percent of a minute's requests, 0 to below 100, that may end in a 5XX error "
        "(default 1); null for no such alarm",
    )
    max_latency_p99_ms: int | None = Field(
        default=None,
        ge=1,
        le=60_000,
        description="milliseconds, 1 to 60000, that the model may take for 99 of 100 requests of "
        "a minute; null (default) for no such alarm",
    )
