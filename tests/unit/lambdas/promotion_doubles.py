"""Doubles of the registries and of SSM on both sides of a promotion; S3 is MiniStack's own."""

from __future__ import annotations

from typing import Any

from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

SOURCE = "arn:aws:sagemaker:eu-west-1:111111111111"
TARGET = "arn:aws:sagemaker:eu-west-1:222222222222"
SOURCE_GROUP = "rookery-dev-birds"
TARGET_GROUP = "rookery-staging-birds"


class Registry:
    """The model packages of one account.

    Attributes:
        packages: by ARN.
        created: requests of CreateModelPackage, one for each package that came of them.
    """

    def __init__(self, registry: str) -> None:
        self.packages: dict[str, dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []
        self._registry = registry
        self._tokens: dict[str, tuple[dict[str, Any], str]] = {}

    def client(self) -> Any:
        return wired_client("sagemaker", by_methods(self))

    def add(self, group: str, version: int, **members: Any) -> dict[str, Any]:
        arn = f"{self._registry}:model-package/{group}/{version}"
        self.packages[arn] = {
            "ModelPackageName": f"{group}/{version}",
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "CreationTime": 1_790_000_000 + version,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            **members,
        }
        return self.packages[arn]

    def DescribeModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelPackageName"]
        if name not in self.packages:
            raise ServiceError("ValidationException", f"ModelPackage {name} does not exist.")
        return self.packages[name]

    def ListModelPackages(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["SortOrder"] == "Descending"
        members = ("ModelPackageArn", "ModelPackageVersion", "CreationTime", "ModelPackageStatus")
        found = [
            {name: each[name] for name in members}
            for each in self.packages.values()
            if each["ModelPackageGroupName"] == request["ModelPackageGroupName"]
            and each["ModelApprovalStatus"] == request["ModelApprovalStatus"]
        ]
        newest = sorted(found, key=lambda each: -int(each["ModelPackageVersion"]))
        return {"ModelPackageSummaryList": newest[: request["MaxResults"]]}

    def CreateModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        token = request["ClientToken"]
        if token in self._tokens:
            asked, arn = self._tokens[token]
            if asked != request:
                raise ServiceError("ConflictException", "used with other parameters")
            return {"ModelPackageArn": arn}
        self.created.append(request)
        members = {name: value for name, value in request.items() if name != "ClientToken"}
        group = members.pop("ModelPackageGroupName")
        made = self.add(group, len(self.created), **members)
        self._tokens[token] = (request, made["ModelPackageArn"])
        return {"ModelPackageArn": made["ModelPackageArn"]}


class Parameters:
    """SSM parameters by name."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def client(self) -> Any:
        return wired_client("ssm", by_methods(self))

    def GetParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["Name"]
        if name not in self.values:
            raise ServiceError("ParameterNotFound", name)
        return {"Parameter": {"Name": name, "Value": self.values[name]}}
