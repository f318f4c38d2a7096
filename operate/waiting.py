"""What waits for a person: deployments in the middle of their way, and packages before theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from contracts import names
from contracts.deployment_approval import ApprovalRecord, ApprovalRecordError, record_key
from operate.account import Account
from operate.change import machine_sought
from operate.errors import OperateError

_MISSING = ("NoSuchKey", "404")


@dataclass(frozen=True, kw_only=True)
class WaitingPackage:
    """A model package that nobody has decided about."""

    arn: str
    version: int

    def __str__(self) -> str:
        return f"version {self.version}, in the registry"


@dataclass(frozen=True, kw_only=True)
class WaitingDeployment:
    """A deployment whose page nobody has answered. `bucket` and `key` are of its record."""

    record: ApprovalRecord
    bucket: str
    key: str

    @property
    def version(self) -> int:
        """Of the package that would go live."""
        return self.record.version

    def __str__(self) -> str:
        return f"version {self.version}, in its deployment until {self.record.ends_at}"


Waiting = WaitingPackage | WaitingDeployment
AnyWaiting = TypeVar("AnyWaiting", WaitingPackage | WaitingDeployment, WaitingDeployment)


def find_waiting(account: Account, *, environment: str, workload: str) -> list[Waiting]:
    """All that waits: deployments first, then packages from the newest to the oldest.

    Raises:
        OperateError: the environment has no such workload, or a record cannot be read.
    """
    group = names.model_package_group_name(environment, workload)
    deployments = waiting_deployments(account, environment=environment, workload=workload)
    return [*deployments, *_packages(account.client("sagemaker"), group)]


def waiting_deployments(
    account: Account, *, environment: str, workload: str
) -> list[WaitingDeployment]:
    """The deployments that wait. Raises OperateError."""
    machine = account.state_machine_arn(environment, workload)
    with machine_sought(machine):
        pages = account.client("stepfunctions").get_paginator("list_executions")
        running = [
            execution
            for page in pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
            for execution in page["executions"]
        ]
    if not running:
        return []
    bucket = account.stack_output(environment, "foundation", "ArtifactBucketName")
    s3 = account.client("s3")
    keys = [record_key(workload, execution["name"]) for execution in running]
    found = ((key, _record(s3, bucket, key)) for key in keys)
    return [
        WaitingDeployment(record=record, bucket=bucket, key=key)
        for key, record in found
        if record is not None and not record.decision
    ]


def choose(waiting: Sequence[AnyWaiting], *, version: str | None, what: str) -> AnyWaiting:
    """The one of `waiting` that is meant: the only one, or the one of this version.

    Raises:
        OperateError: there is none, or several and none is named.
    """
    if version is not None:
        for each in waiting:
            if str(each.version) == version:
                return each
    if version is None and len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise OperateError(
            f"nothing of {what} waits for a decision; a model package waits from its registration "
            "until somebody approves or rejects it"
        )
    wrong = "several wait, say which" if version is None else f"version {version} does not wait"
    listed = "\n".join(f"  {each}" for each in waiting)
    raise OperateError(f"{wrong} (--version, VERSION= of make). What waits:\n{listed}")


def _packages(sagemaker: Any, group: str) -> list[WaitingPackage]:
    try:
        pages = sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group,
            ModelApprovalStatus="PendingManualApproval",
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        return [
            WaitingPackage(arn=each["ModelPackageArn"], version=each["ModelPackageVersion"])
            for page in pages
            for each in page["ModelPackageSummaryList"]
        ]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise OperateError(
            f"there is no model package group {group}: the environment has no such workload, or "
            "these are not its account and region"
        ) from error


def _record(s3: Any, bucket: str, key: str) -> ApprovalRecord | None:
    """None where the deployment has not asked, or its environment never does."""
    try:
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise
    try:
        return ApprovalRecord.parse(content)
    except ApprovalRecordError as error:
        raise OperateError(
            f"s3://{bucket}/{key} is no record of a deployment that waits: {error}; answer it "
            "with aws stepfunctions send-task-success or stop the execution"
        ) from error
