"""Where a workload's algorithm comes from: AWS's framework, AWS's algorithm, an image of ours."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from infra.settings.model import SettingsModel

CodeFolder = Annotated[str, StringConstraints(pattern=r"^model_code/[a-z][a-z0-9_]*$")]
"""A Python package in `model_code/`: its modules import each other by the folder's name."""


class FrameworkSettings(SettingsModel):
    """Which of AWS's framework images the jobs and the endpoint run in.

    Whether it is the image for CPUs or for GPUs follows from each step's instance type.
    """

    name: str = Field(description="a framework in infra/pipeline/image_uris.json")
    version: str = Field(
        description="a version of that framework in infra/pipeline/image_uris.json, in quotes"
    )
    serving_version: str | None = Field(
        default=None,
        description="a version for the endpoint where it differs, in quotes, or null",
    )
    python: str = Field(pattern=r"^py3[0-9]+$", description="a Python version, such as py312")


class AlgorithmSettings(SettingsModel):
    """An algorithm that AWS built into an image; there is no training code of one's own."""

    name: Literal["xgboost"] = Field(description="xgboost")
    version: str = Field(
        description="a version of the algorithm in infra/pipeline/image_uris.json, in quotes"
    )
