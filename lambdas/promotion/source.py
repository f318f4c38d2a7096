"""The package in the environment that it comes from, read with that environment's role."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts import names
from lambdas.promotion.errors import PromotionRefused
from lambdas.shared.aws_errors import is_missing
from lambdas.shared.champion import read_record

_APPROVED = "Approved"


@dataclass(frozen=True, kw_only=True)
class SourcePackage:
    """An approved package, as DescribeModelPackage shows it.

    Attributes:
        live: whether the environment's champion record says that it serves there; None where
            there is no record.
    """

    described: Mapping[str, Any]
    live: bool | None

    @property
    def arn(self) -> str:
        """Of the package, in the account that it comes from."""
        return str(self.described["ModelPackageArn"])

    @property
    def version(self) -> int:
        """In the group that it comes from."""
        return int(self.described["ModelPackageVersion"])

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that another package of the same ARN, in a group that was
        deleted and made anew, does not have."""
        made = self.described["CreationTime"].isoformat()
        return hashlib.sha256(f"{self.arn} {made}".encode()).hexdigest()[:8]

    @property
    def metadata(self) -> Mapping[str, str]:
        """What was registered with it."""
        found: Mapping[str, str] = self.described.get("CustomerMetadataProperties", {})
        return found


@dataclass(frozen=True, kw_only=True)
class Source:
    """The environment that packages come from. `sagemaker` and `ssm` are boto3 clients there.

    Attributes:
        environment: its name.
        registry: beginning of its packages' ARNs: `arn:<partition>:sagemaker:<region>:<account>`.
    """

    environment: str
    registry: str
    sagemaker: Any
    ssm: Any

    def read(self, workload: str, version: int | None) -> SourcePackage:
        """The package of a version, or the one that is live there.

        Raises:
            PromotionRefused: it is not there, not approved, or not what serves there.
            ChampionRecordError: what stands in the place of the record is none.
            ClientError: AWS refuses.
        """
        champion = read_record(self.ssm, names.champion_parameter(self.environment, workload))
        if version is None:
            version = champion.champion.version if champion else self._last_approved(workload)
        group = names.model_package_group_name(self.environment, workload)
        arn = f"{self.registry}:model-package/{group}/{version}"
        try:
            described = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if not is_missing(error):
                raise
            raise PromotionRefused(
                f"{arn} is not there; see which versions are: {group}"
            ) from error
        status = described.get("ModelApprovalStatus")
        if status != _APPROVED:
            raise PromotionRefused(
                f"{arn} is {status} in {self.environment}; only what is {_APPROVED} and has proved "
                "itself there is promoted: approve it there, and let it go live first"
            )
        if champion is not None and champion.champion.version != version:
            raise PromotionRefused(
                f"{arn} is not what serves in {self.environment}: that is version "
                f"{champion.champion.version}. Promote that, or let version {version} go live "
                "there first"
            )
        return SourcePackage(described=described, live=None if champion is None else True)

    def _last_approved(self, workload: str) -> int:
        group = names.model_package_group_name(self.environment, workload)
        listed = self.sagemaker.list_model_packages(
            ModelPackageGroupName=group,
            ModelApprovalStatus=_APPROVED,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=1,
        )["ModelPackageSummaryList"]
        if not listed:
            raise PromotionRefused(
                f"no package of {group} is {_APPROVED}, so that there is nothing to promote from "
                f"{self.environment}"
            )
        return int(listed[0]["ModelPackageVersion"])
