"""The request that registers a promoted package: the same, but for where its objects lie."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from lambdas.promotion.claim import Claim

# Members of DescribeModelPackage that CreateModelPackage takes as they are.
_SAME = (
    "AdditionalInferenceSpecifications",
    "Domain",
    "DriftCheckBaselines",
    "InferenceSpecification",
    "ModelCard",
    "ModelMetrics",
    "ModelPackageDescription",
    "SamplePayloadUrl",
    "SkipModelValidation",
    "Task",
)
# S3 gives the copy another one.
_OF_THE_OBJECT = "ModelDataETag"


def registration_request(
    described: Mapping[str, Any],
    *,
    group: str,
    run: str,
    moved: Mapping[str, str],
    claim: Claim,
    model_sha256: str,
) -> dict[str, Any]:
    """CreateModelPackage; the same each time for one claim.

    Args:
        described: the package as the environment before describes it.
        group: of this environment.
        run: of `contracts.names.promoted_run`.
        moved: S3 URIs there, each with the URI of its copy here.
    """
    properties = {
        **described.get("CustomerMetadataProperties", {}),
        "model_sha256": model_sha256,
        "promoted_from": claim.promoted_from,
        "promoted_at": claim.promoted_at,
    }
    same = {name: described[name] for name in _SAME if name in described}
    return {
        **_moved(same, moved),
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": _moved(properties, moved),
        "ClientToken": _token(claim, run),
    }


def _token(claim: Claim, run: str) -> str:
    """Of 1 to 36 letters, digits and hyphens."""
    said = f"{claim.promoted_from} {claim.promoted_at} {run}"
    return hashlib.sha256(said.encode()).hexdigest()[:36]


def _moved(value: Any, moved: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _moved(inner, moved) for name, inner in value.items() if name != _OF_THE_OBJECT
        }
    if isinstance(value, list):
        return [_moved(inner, moved) for inner in value]
    return moved.get(value, value) if isinstance(value, str) else value
