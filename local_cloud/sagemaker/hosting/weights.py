"""Weights and instance counts of variants in service: UpdateEndpointWeightsAndCapacities.

An endpoint's document keeps under ``_desired`` what was asked for until the traffic follows it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting import serverless_update
from local_cloud.sagemaker.hosting.plan import Plan, VariantPlan, all_variants
from local_cloud.sagemaker.store import Document

WANTED = "_desired"


def wanted(endpoint: Document, given: Iterable[Mapping[str, Any]]) -> Plan:
    """What the endpoint serves, with the weights and instance counts that ``given``
    (DesiredWeightsAndCapacities) asks for.

    Raises ValidationException that names every fault.
    """
    plan: Plan = copy.deepcopy(endpoint["_serving"])
    variants = {one["variant"]: one for one in all_variants(plan)}
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
            faults += list(serverless_update.apply(variant, entry))
    if not faults and not any(one["weight"] for one in plan["variants"]):
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
    if not {"DesiredWeight", "DesiredInstanceCount", "ServerlessUpdateConfig"} & entry.keys():
        faults.append(
            f"variant {name} has neither a DesiredWeight nor a DesiredInstanceCount nor a "
            "ServerlessUpdateConfig"
        )
    count = entry.get("DesiredInstanceCount", least)
    if count < least:
        faults.append(
            f"DesiredInstanceCount of variant {name} is {count}; it must be at least {least}"
        )
    return faults


def counts(plan: Plan) -> dict[str, int]:
    """How many instances each variant is to have."""
    return {one["variant"]: one["instances"] for one in all_variants(plan)}


def numbers(variant: VariantPlan, state: str) -> dict[str, Any]:
    """What a variant's summary says as ``state``: "Desired" or "Current"."""
    weight = {f"{state}Weight": variant["weight"]}
    if "serverless" in variant:
        return {**weight, f"{state}ServerlessConfig": variant["serverless"]}
    return {**weight, f"{state}InstanceCount": variant["instances"]}


def say(endpoint: Document, plan: Plan, state: str) -> None:
    """Put the plan's weights and instance counts into the endpoint's ProductionVariants, as
    ``state``: "Desired" or "Current"."""
    variants = {one["variant"]: one for one in plan["variants"]}
    for summary in endpoint["ProductionVariants"]:
        summary.update(numbers(variants[summary["VariantName"]], state))
