"""Weights and instance counts of variants in service: UpdateEndpointWeightsAndCapacities.

An endpoint's document keeps under ``_desired`` what was asked for until the traffic follows it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from local_cloud.sagemaker.errors import ValidationException
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.store import Document

WANTED = "_desired"


def wanted(endpoint: Document, given: Iterable[Mapping[str, Any]]) -> Plan:
    """What the endpoint serves, with the weights and instance counts that ``given``
    (DesiredWeightsAndCapacities) asks for.

    Raises ValidationException that names every fault.
    """
    plan: Plan = copy.deepcopy(endpoint["_serving"])
    variants = {one["variant"]: one for one in plan["variants"]}
    entries = list(given)
    names = [entry["VariantName"] for entry in entries]
    faults = [f"variant {n} is named twice" for n in sorted(set(names)) if names.count(n) > 1]
    unknown = sorted(set(names) - variants.keys())
    if unknown:
        faults.append(
            f'The variant name(s) "{", ".join(unknown)}" is/are not present within endpoint '
            f'configuration "{endpoint["EndpointConfigName"]}"'
        )
    for entry in entries:
        faults += _faults(entry, least_instances(plan))
        variant = variants.get(entry["VariantName"])
        if variant is not None:
            variant["weight"] = entry.get("DesiredWeight", variant["weight"])
            variant["instances"] = entry.get("DesiredInstanceCount", variant["instances"])
    if not faults and not any(one["weight"] for one in variants.values()):
        faults.append("the weights of all variants would be 0, so that none would take traffic")
    if faults:
        raise ValidationException(f"{'; '.join(faults)}.")
    return plan


def least_instances(plan: Plan) -> int:
    """How few instances a variant of such an endpoint may have: requests to an asynchronous one
    wait in its queue."""
    return 0 if "asynchronous" in plan else 1


def _faults(entry: Mapping[str, Any], least: int) -> list[str]:
    name = entry["VariantName"]
    faults = []
    if "ServerlessUpdateConfig" in entry:
        faults.append(
            f"The local cloud does not have serverless inference (ServerlessUpdateConfig of "
            f"variant {name})"
        )
    elif "DesiredWeight" not in entry and "DesiredInstanceCount" not in entry:
        faults.append(f"variant {name} has neither a DesiredWeight nor a DesiredInstanceCount")
    count = entry.get("DesiredInstanceCount", least)
    if count < least:
        faults.append(
            f"DesiredInstanceCount of variant {name} is {count}; it must be at least {least}"
        )
    return faults


def counts(plan: Plan) -> dict[str, int]:
    """How many instances each variant is to have."""
    return {one["variant"]: one["instances"] for one in plan["variants"]}


def say(endpoint: Document, plan: Plan, state: str) -> None:
    """Put the plan's weights and instance counts into the endpoint's ProductionVariants, as
    ``state``: "Desired" or "Current"."""
    numbers = {one["variant"]: one for one in plan["variants"]}
    for summary in endpoint["ProductionVariants"]:
        variant = numbers[summary["VariantName"]]
        summary[f"{state}Weight"] = variant["weight"]
        summary[f"{state}InstanceCount"] = variant["instances"]
