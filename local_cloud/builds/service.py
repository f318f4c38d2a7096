"""What builds are handed of the local cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local_cloud.builds.record import Record
from local_cloud.sagemaker.service import Session, Tasks
from local_cloud.settings import LocalCloudSettings

PRINCIPAL = "codebuild.amazonaws.com"


class RoleCredentials(Protocol):
    """As :class:`local_cloud.sagemaker.service.Credentials`, for a named AWS service."""

    def as_role(self, role_arn: str, *, session_name: str, principal: str = ...) -> Session: ...

    def environment(
        self, role_arn: str, *, session_name: str, principal: str = ...
    ) -> dict[str, str]: ...

    def revoke(self, environment: Mapping[str, str]) -> None: ...


class Records(Protocol):
    """CodeBuild's projects and builds, which MiniStack keeps."""

    def project(self, name: str) -> Mapping[str, Any] | None: ...

    def build(self, build_id: str) -> Record | None: ...

    def keep(self, record: Record) -> None:
        """Make the record what BatchGetBuilds answers."""

    def number(self, project: str) -> int:
        """The number of the project's next build."""


@dataclass(frozen=True, kw_only=True)
class BuildService:
    settings: LocalCloudSettings
    credentials: RoleCredentials
    tasks: Tasks
    records: Records

    def arn(self, resource: str) -> str:
        return f"arn:aws:codebuild:{self.settings.region}:{self.settings.account_id}:{resource}"
