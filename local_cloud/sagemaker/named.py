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
    document = None if is_elsewhere(service, kind, name_or_arn) else service.store.find(kind, key)
    if document is None:
        raise missing(name_or_arn if _is_arn(name_or_arn) else service.arn(f"{kind}/{key}"))
    return document


def is_elsewhere(service: SageMakerService, kind: str, name_or_arn: str) -> bool:
    """Whether it is an ARN, and not one of `kind` in this account and region."""
    return _is_arn(name_or_arn) and not name_or_arn.startswith(service.arn(f"{kind}/"))


def _is_arn(name_or_arn: str) -> bool:
    return name_or_arn.startswith("arn:")
