"""A new model beside the old one: as its shadow, or for a share of the requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from infra.settings.model import Items, SettingsModel


class ShadowSettings(SettingsModel):
    """The new model gets a copy of the requests; its answers are compared, not given."""

    minutes: int = Field(ge=1, le=4_320, description="whole minutes, 1 to 4320 (3 days)")
    sample_percent: int = Field(
        default=100, ge=1, le=100, description="percent of the requests that are copied, 1 to 100"
    )
    max_disagreement_percent: float = Field(
        default=5,
        ge=0,
        le=100,
        description="percent of the answers, 0 to 100, that may differ from the old model's",
    )
    max_latency_ratio: float = Field(
        default=1.5,
        gt=0,
        le=100,
        description="how many times as long as the old model the new one may take",
    )
    min_requests: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        description="compared requests, 1 or more; with fewer the new model does not go live",
    )


class SplitStepsSettings(SettingsModel):
    """Shifts of a split that come by themselves."""

    shares: Items[Annotated[float, Field(gt=0, lt=1)]] = Field(
        min_length=1,
        max_length=20,
        description="a list of rising shares, each above 0 and below 1, that the new model gets",
    )
    minutes: int = Field(
        ge=1, le=4_320, description="whole minutes, 1 to 4320, from one share to the next"
    )

    @field_validator("shares")
    @classmethod
    def _shares_rise(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if sorted(set(shares)) != list(shares):
            raise ValueError("does not rise from each share to the next")
        return shares


class WinnerSettings(SettingsModel):
    """When recorded outcomes end a split."""

    confidence: float = Field(
        default=0.95,
        ge=0.5,
        lt=1,
        description="0.5 to below 1: how sure it must be that one model is better",
    )
    min_outcomes: int = Field(
        default=200, ge=1, le=10_000_000, description="recorded outcomes of each model, 1 or more"
    )
