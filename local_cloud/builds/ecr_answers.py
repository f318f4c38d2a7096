"""ECR's answers where MiniStack's differ from AWS's in what a client is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


class EcrAnswers:
    """MiniStack's handler for ECR with DescribeImages as on AWS: it refuses an image that is not
    there, where MiniStack answers without it."""

    def __init__(self, ministack: Callable[..., Any]) -> None:
        self._ministack = ministack

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        answer: Answer = await self._ministack(method, path, headers, body, query)
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action != "DescribeImages" or answer[0] != 200:
            return answer
        request = json.loads(body or b"{}")
        wanted = request.get("imageIds") or []
        found = json.loads(answer[2])["imageDetails"]
        for one in wanted:
            if not any(_is(one, image) for image in found):
                return _not_found(one, request["repositoryName"])
        return answer


def _is(wanted: dict[str, str], image: dict[str, Any]) -> bool:
    if "imageDigest" in wanted and wanted["imageDigest"] != image["imageDigest"]:
        return False
    return "imageTag" not in wanted or wanted["imageTag"] in image["imageTags"]


def _not_found(wanted: dict[str, str], repository: str) -> Answer:
    digest, tag = wanted.get("imageDigest", "null"), wanted.get("imageTag", "null")
    message = (
        f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist "
        f"within the repository with name '{repository}' in the registry"
    )
    body = json.dumps({"__type": "ImageNotFoundException", "message": message}).encode()
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, body
