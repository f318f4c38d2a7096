"""Records that a request means by their name or by their ARN."""

from __future__ import annotations

from collections.abc import Callable

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document


def find_named(
    service: SageMakerService,
    kind: str,
    name_or_arn: str,
    *,
    key_of: Callable[[str], str],
    missing: Callable[[str], ApiError],
) -> Document:
    """The record of `kind`, as the store and ARNs call it.

    Args:
        key_of: the store's key of a name or an ARN.
        missing: the error for an ARN that is no record's of this account and region.
    """
    key = key_of(name_or_arn)
    own = service.arn(f"{kind}/")
    named = name_or_arn.startswith("arn:")
    if named and not name_or_arn.startswith(own):
        raise missing(name_or_arn)
    document = service.store.find(kind, key)
    if document is None:
        raise missing(name_or_arn if named else f"{own}{key}")
    return document
