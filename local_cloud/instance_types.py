"""Quotas and offerings of instance types, and the file that says otherwise than the defaults.

``<state folder>/instance-types.toml``, which you write and which is read at each request::

    [quotas]                      # instances, an account and region
    "ml.m5.xlarge" = 2            # short for "ml.m5.xlarge for endpoint usage"
    "ml.m5.xlarge for transform job usage" = 1

    [offerings]                   # zones of the region that offer a type; [] for none
    "ml.p5.48xlarge" = ["us-east-1a"]
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.validation import service_model

FILE = "instance-types.toml"
DEFAULT_QUOTA = 100
"""Instances of a type: more than one machine can run, so that quotas hold up nothing unasked."""
ENDPOINT, TRANSFORM = "endpoint", "transform job"
USAGES = {ENDPOINT: "ProductionVariantInstanceType", TRANSFORM: "TransformInstanceType"}
"""What a quota is for -> the enumeration of botocore's model that names its types."""


@dataclass(frozen=True, kw_only=True)
class InstanceTypes:
    """What the file says: quotas by their names, offerings by types with their ``ml.``."""

    quotas: Mapping[str, int] = field(default_factory=dict)
    offerings: Mapping[str, list[str]] = field(default_factory=dict)


@functools.cache
def known_types(usage: str = ENDPOINT) -> tuple[str, ...]:
    """Every instance type that botocore's model knows for a usage, ``ml.`` included."""
    shape: Any = service_model().shape_for(USAGES[usage])
    return tuple(shape.enum)


def quota_name(instance_type: str, usage: str = ENDPOINT) -> str:
    return f"{instance_type} for {usage} usage"


@functools.cache
def quota_names() -> tuple[str, ...]:
    """Of all quotas, in a fixed order."""
    return tuple(quota_name(one, usage) for usage in USAGES for one in known_types(usage))


def read(state_dir: Path) -> InstanceTypes:
    """Raises ValidationException that names every fault of the file."""
    path = state_dir / FILE
    if not path.is_file():
        return InstanceTypes()
    try:
        content = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ValidationException(f"{path} is no TOML: {error}") from error
    given, offerings = content.get("quotas", {}), content.get("offerings", {})
    quotas = {name if " for " in name else quota_name(name): v for name, v in given.items()}
    faults = [
        f"{name} is no table of it (quotas, offerings are)"
        for name in sorted(content.keys() - {"quotas", "offerings"})
    ]
    faults += [*_quota_faults(quotas), *_offering_faults(offerings)]
    if faults:
        raise ValidationException(f"{path}: {'; '.join(faults)}")
    return InstanceTypes(quotas=quotas, offerings=offerings)


def _quota_faults(quotas: Mapping[str, Any]) -> Iterator[str]:
    for name, value in quotas.items():
        if name not in quota_names():
            yield f"quotas: {name} is none (<type> for {' or '.join(USAGES)} usage are)"
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield f"quotas: {name} = {value!r} must be a whole number of 0 or more"


def _offering_faults(offerings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in offerings.items():
        if name not in known_types():
            yield f"offerings: {name} is no instance type"
        elif not isinstance(value, list) or not all(isinstance(zone, str) for zone in value):
            yield f"offerings: {name} = {value!r} must be a list of zones"
