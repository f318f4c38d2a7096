"""The network that an endpoint's containers are in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from infra.settings.model import Items, SettingsModel

Subnet = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroup = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]


class VpcSettings(SettingsModel):
    """Subnets and security groups, as VpcConfig of CreateModel takes them."""

    subnets: Items[Subnet] = Field(
        min_length=1, max_length=16, description="a list of 1 to 16 ids, such as subnet-0a1b2c3d"
    )
    security_groups: Items[SecurityGroup] = Field(
        min_length=1, max_length=5, description="a list of 1 to 5 ids, such as sg-0a1b2c3d"
    )
