"""Have CodeBuild build an image that its repository does not hold yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_POLL_SECONDS = 5.0
_RUNNING = "IN_PROGRESS"
_DONE = "SUCCEEDED"


class BuildFailedError(Exception):
    """A build that ended without an image."""


@dataclass(frozen=True, kw_only=True)
class ImageRequest:
    """Which image is wanted, and which project builds it."""

    project: str
    repository: str
    tag: str

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> ImageRequest:
        """The request of a custom resource's properties."""
        return cls(
            project=properties["ProjectName"],
            repository=properties["RepositoryName"],
            tag=properties["ImageTag"],
        )


@dataclass(frozen=True, kw_only=True)
class Build:
    """The build of one image."""

    codebuild: Any
    ecr: Any
    request: ImageRequest
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def start(self) -> str | None:
        """The id of a new build, or None where the image is there.

        Tags never move: an image that is there was built from the same files, and a second
        push of its tag would be refused.
        """
        if self._find() is not None:
            return None
        # Said again though the project says it: an update of the stack may still be under way.
        variables = [{"name": "IMAGE_TAG", "value": self.request.tag, "type": "PLAINTEXT"}]
        started = self.codebuild.start_build(
            projectName=self.request.project, environmentVariablesOverride=variables
        )
        return str(started["build"]["id"])

    def wait(self, build_id: str, *, seconds: float) -> bool:
        """Whether the build succeeded within some seconds; False while it goes on.

        Raises:
            BuildFailedError: it failed, was stopped or ran out of time.
        """
        end = self.clock() + seconds
        while True:
            builds = self.codebuild.batch_get_builds(ids=[build_id])["builds"]
            if not builds:
                raise BuildFailedError(f"CodeBuild does not know the build {build_id} any more")
            if builds[0]["buildStatus"] == _DONE:
                return True
            if builds[0]["buildStatus"] != _RUNNING:
                raise BuildFailedError(_failure(builds[0]))
            if self.clock() + _POLL_SECONDS > end:
                return False
            self.sleep(_POLL_SECONDS)

    def digest(self) -> str:
        """The image's digest, `sha256:...`.

        Raises:
            BuildFailedError: the build pushed no such image.
        """
        digest = self._find()
        if digest is None:
            raise BuildFailedError(
                f"the build succeeded, and {self.request.repository} has no image with the tag "
                f"{self.request.tag}: does the build specification of {self.request.project} "
                "push it?"
            )
        return digest

    def _find(self) -> str | None:
        try:
            found = self.ecr.describe_images(
                repositoryName=self.request.repository,
                imageIds=[{"imageTag": self.request.tag}],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ImageNotFoundException":
                return None
            raise
        return str(found["imageDetails"][0]["imageDigest"])


def _failure(build: Mapping[str, Any]) -> str:
    messages = [
        f"{phase['phaseType']}: {context['message']}"
        for phase in build.get("phases", [])
        for context in phase.get("contexts", [])
        if context.get("message")
    ]
    logs = build.get("logs", {})
    where = logs.get("deepLink") or logs.get("groupName") or "the console of CodeBuild"
    told = "; ".join(messages) or "it gave no reason"
    return f"build {build['id']} {build['buildStatus'].lower()}: {told}. Its log: {where}"
