"""MiniStack's CodeBuild: its records, and what its requests are authorised for."""

from __future__ import annotations

import copy
import functools
import json
from dataclasses import dataclass
from typing import Any


def name_projects_of_builds() -> None:
    """Evaluate what names builds for their project, as AWS does: MiniStack evaluates it for "*"."""
    from ministack.core import iam_actions

    extract = iam_actions.extract_resource_arn

    @functools.wraps(extract)
    def extract_or_project(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        found = extract(service, method, path, headers, body, *rest)
        return project_of_builds(body) or found if service == "codebuild" else found

    setattr(iam_actions, "extract_resource_arn", extract_or_project)  # noqa: B010


def project_of_builds(body: bytes) -> str | None:
    """The ARN of the one project that a request's builds are of; None for several or none."""
    from ministack.services import codebuild

    try:
        request = json.loads(body)
    except ValueError:
        return None
    ids = [*(request.get("ids") or []), *([request["id"]] if "id" in request else [])]
    # An ARN's last part is the build's id, which is <project>:<uuid>.
    builds = {str(one).rpartition("/")[2].partition(":")[0] for one in ids}
    names = builds | {str(one) for one in request.get("names") or []}
    return str(codebuild._project_arn(names.pop())) if len(names) == 1 else None


@dataclass(frozen=True)
class CodeBuildRecords:
    """Projects and builds in MiniStack's store, which keeps them over a restart."""

    account_id: str
    region: str

    def project(self, name: str) -> dict[str, Any] | None:
        from ministack.core import responses
        from ministack.services import codebuild

        with responses.request_scope(self.account_id, self.region):
            found: dict[str, Any] | None = codebuild._projects.get(name)
            return copy.deepcopy(found)

    def build(self, build_id: str) -> dict[str, Any] | None:
        from ministack.core import responses
        from ministack.services import codebuild

        with responses.request_scope(self.account_id, self.region):
            found: dict[str, Any] | None = codebuild._builds.get(build_id)
            return copy.deepcopy(found)

    def keep(self, record: dict[str, Any]) -> None:
        from ministack.core import responses
        from ministack.services import codebuild

        with responses.request_scope(self.account_id, self.region):
            # Whole: an answer may be written from the one before at this very moment.
            codebuild._builds[record["id"]] = copy.deepcopy(record)

    def number(self, project: str) -> int:
        from ministack.core import responses
        from ministack.services import codebuild

        with responses.request_scope(self.account_id, self.region):
            known = [one for one in codebuild._builds.values() if one["projectName"] == project]
        return 1 + max((one["buildNumber"] for one in known), default=0)
