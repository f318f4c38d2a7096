"""What an update may not do to variants that Application Auto Scaling scales.

"Update endpoints that use auto scaling" in the SageMaker developer guide.
"""

from __future__ import annotations

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.store import Store

TARGET = "scalable-target"
"""Kind of the documents of scalable targets, named by their resource ids."""


def resource_id(endpoint: str, variant: str) -> str:
    return f"endpoint/{endpoint}/variant/{variant}"


def check(store: Store, endpoint: str, *, new: Plan, old: Plan) -> None:
    """Raises ValidationException where the update would remove a registered variant, or change
    its instance type."""
    types = {one["variant"]: one.get("instance_type") for one in new["variants"]}
    changed = [
        one["variant"]
        for one in old["variants"]
        if store.find(TARGET, resource_id(endpoint, one["variant"])) is not None
        and (one["variant"] not in types or types[one["variant"]] != one.get("instance_type"))
    ]
    if changed:
        raise ValidationException(
            f'The variant(s) "{", ".join(changed)}" must be deregistered as scalable targets with '
            "AWS Application Auto Scaling before they can be removed or have their instance type "
            "updated."
        )
