"""What changes of a serverless variant in service: its limits (ServerlessUpdateConfig)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting.config_checks import concurrency_faults
from local_cloud.sagemaker.hosting.plan import Plan, VariantPlan


def check_kept(new: Plan, old: Plan) -> None:
    """Raises ValidationException where an endpoint with instances would become serverless, which
    SageMaker does not do; the other way is open."""
    names = [one["variant"] for one in new["variants"] if "serverless" in one]
    if names and not any("serverless" in one for one in old["variants"]):
        raise ValidationException(
            "An instance-based endpoint cannot be converted to a serverless one (variant "
            f"{', '.join(names)} of {new['config']} has a ServerlessConfig): create another "
            "endpoint."
        )


def apply(variant: VariantPlan, entry: Mapping[str, Any]) -> Iterator[str]:
    """Put what ``entry`` (DesiredWeightAndCapacity) asks for into the plan; answers the faults."""
    name = entry["VariantName"]
    if "serverless" not in variant:
        if "ServerlessUpdateConfig" in entry:
            yield f"variant {name} is not serverless: it takes no ServerlessUpdateConfig"
        return
    if "DesiredInstanceCount" in entry:
        yield f"variant {name} is serverless: it takes no DesiredInstanceCount"
    variant["serverless"] = {**variant["serverless"], **entry.get("ServerlessUpdateConfig", {})}
    yield from concurrency_faults(name, variant["serverless"])
