"""Quotas and offerings of instance types, and the file that says otherwise than the defaults.

``<state folder>/instance-types.toml``, which you write and which is read at each request::

    [quotas]                      # "<type> for endpoint usage", instances an account and region
    "ml.m5.xlarge" = 2

    [offerings]                   # zones of the region that offer a type; [] for none
    "ml.p5.48xlarge" = ["us-east-1a"]
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session

from local_cloud.sagemaker.errors import ValidationException

FILE = "instance-types.toml"
DEFAULT_QUOTA = 100
"""Instances of a type: more than one machine can run, so that quotas hold up nothing unasked."""


@dataclass(frozen=True, kw_only=True)
class InstanceTypes:
    """What the file says; types are written with their ``ml.``."""

    quotas: dict[str, int] = field(default_factory=dict)
    offerings: dict[str, list[str]] = field(default_factory=dict)


@functools.cache
def known_types() -> tuple[str, ...]:
    """Every instance type that botocore's model knows for endpoints, ``ml.`` included."""
    session: Any = botocore.session
    model = session.get_session().get_service_model("sagemaker")
    return tuple(model.shape_for("ProductionVariantInstanceType").enum)


def read(state_dir: Path) -> InstanceTypes:
    """Raises ValidationException that names every fault of the file."""
    path = state_dir / FILE
    if not path.is_file():
        return InstanceTypes()
    try:
        content = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ValidationException(f"{path} is no TOML: {error}") from error
    quotas, offerings = content.get("quotas", {}), content.get("offerings", {})
    faults = [
        f"{name} is no table of it (quotas, offerings are)"
        for name in sorted(content.keys() - {"quotas", "offerings"})
    ]
    known = set(known_types())
    faults += [f"{name} is no instance type" for name in sorted({*quotas, *offerings} - known)]
    faults += [
        f"quotas: {name} = {value!r} must be a whole number of 0 or more"
        for name, value in quotas.items()
        if not isinstance(value, int) or isinstance(value, bool) or value < 0
    ]
    faults += [
        f"offerings: {name} = {value!r} must be a list of zones"
        for name, value in offerings.items()
        if not isinstance(value, list) or not all(isinstance(zone, str) for zone in value)
    ]
    if faults:
        raise ValidationException(f"{path}: {'; '.join(faults)}")
    return InstanceTypes(quotas=quotas, offerings=offerings)
