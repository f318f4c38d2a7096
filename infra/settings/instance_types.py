"""SageMaker's instance types: which exist, which accelerator they have, how they store.

The names come from the service model that botocore ships, so no list here grows stale.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from infra.botocore_model import sagemaker_model

Accelerator = Literal["cpu", "gpu"]

_FAMILY = re.compile(r"^ml\.(?P<class>[a-z]+)(?P<generation>\d+)(?P<attributes>[a-z0-9-]*)\.")


@cache
def instance_types(shape: str) -> tuple[str, ...]:
    """Every name in an enumeration of the service model, such as ``TrainingInstanceType``."""
    return tuple(sagemaker_model().shape_for(shape).enum)


def accelerator_of(instance_type: str) -> Accelerator | None:
    """Which framework image an instance type runs.

    Returns:
        "gpu" for NVIDIA GPUs, "cpu" for x86-64 without one, and None for what AWS's plain
        framework images do not run on: Trainium, Inferentia and Gaudi chips, and Graviton (arm64).
    """
    family = _family(instance_type)
    if family is None or family["class"] in {"trn", "inf", "dl"}:
        return None
    if family["class"] in {"g", "gr", "p"}:
        return None if "g" in family["attributes"] else "gpu"
    return None if "g" in family["attributes"] else "cpu"


def has_local_storage(instance_type: str) -> bool:
    """Whether jobs on this instance type store on the host's own NVMe disks.

    SageMaker refuses a VolumeKmsKeyId (and an endpoint's KmsKeyId) for these types: the disks
    are encrypted by the host's hardware module, with a key that AWS does not let one choose.
    See "VolumeKmsKeyId" in the API reference of ResourceConfig.
    """
    family = _family(instance_type)
    if family is None:
        return False
    name, generation = family["class"], int(family["generation"])
    return (
        "d" in family["attributes"]
        or name in {"i", "trn", "gr"}
        or (name in {"g", "p"} and generation >= 4)
    )


def _family(instance_type: str) -> dict[str, Any] | None:
    match = _FAMILY.match(instance_type)
    return match.groupdict() if match else None


def _checked_against(shape: str) -> AfterValidator:
    def check(instance_type: str) -> str:
        known = instance_types(shape)
        if instance_type not in known:
            near = difflib.get_close_matches(instance_type, known, n=3, cutoff=0.6)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"SageMaker has no such {shape}{hint}")
        if accelerator_of(instance_type) is None:
            raise ValueError(
                "has a processor that the framework images here are not built for "
                "(they run on x86-64, with or without NVIDIA GPUs)"
            )
        return instance_type

    return AfterValidator(check)


ProcessingInstanceType = Annotated[str, _checked_against("ProcessingInstanceType")]
TrainingInstanceType = Annotated[str, _checked_against("TrainingInstanceType")]
ServingInstanceType = Annotated[str, _checked_against("ProductionVariantInstanceType")]
TransformInstanceType = Annotated[str, _checked_against("TransformInstanceType")]
