"""AWS's managed policies in MiniStack's IAM."""

from __future__ import annotations

from collections.abc import Mapping


def add_managed_policies(documents: Mapping[str, tuple[str, str]]) -> None:
    """Name -> document (JSON text) and description; attached, they grant what they say."""
    from ministack.services import iam

    for name, (document, description) in documents.items():
        arn = f"{iam._AWS_MANAGED_POLICY_PREFIX}{name}"
        iam._aws_managed_policies[arn] = iam._make_aws_managed_record(name, document, description)
