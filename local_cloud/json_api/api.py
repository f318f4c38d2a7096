"""MiniStack's handler for a service that is added: from an HTTP request to an action, and back."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from local_cloud import ministack_bridge
from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import JSON, Request, Response, error_body, parse
from local_cloud.json_api.validation import ApiModel

HttpAnswer = tuple[int, dict[str, str], bytes]
THREADS = ThreadPoolExecutor(8, thread_name_prefix="json-api")

logger = logging.getLogger("local_cloud.json_api")


@dataclass(frozen=True)
class Permission:
    """What the caller's policies must allow, with the condition keys that they may look at."""

    action: str
    resource_arn: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


def authorise(headers: Mapping[str, str], needed: Permission, *, region: str) -> None:
    """Evaluate the caller's policies. Raises ApiError in AWS's words where they do not allow it."""
    denial = ministack_bridge.authorise(
        headers,
        action=needed.action,
        resource_arn=needed.resource_arn,
        region=region,
        context=needed.context,
    )
    if denial:
        raise ApiError(denial.code, denial.message)


def answer_of(action: str, act: Callable[[], Response]) -> HttpAnswer:
    """What ``act`` answers or raises, as AWS's JSON services say it."""
    try:
        return 200, dict(JSON), json.dumps(act()).encode()
    except ApiError as error:
        return error.status, dict(JSON), error_body(error)
    except Exception as error:
        logger.exception("%s failed", action)
        failure = ApiError("InternalFailure", f"{type(error).__name__}: {error}", status=500)
        return failure.status, dict(JSON), error_body(failure)


@dataclass(frozen=True, kw_only=True)
class JsonApi:
    """One service's API. ``permissions(action, request)`` answers all that an action needs;
    an action of ``actions`` takes the validated request and raises ApiError."""

    model: ApiModel
    actions: Mapping[str, Callable[[Request], Response]]
    permissions: Callable[[str, Request], Iterable[Permission]]
    region: str

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes | str, query: Any
    ) -> HttpAnswer:
        raw = body.encode() if isinstance(body, str) else body
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        # The context goes along to the thread: MiniStack pins the caller there.
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(THREADS, context.run, self._answer, action, headers, raw)

    def _answer(self, action: str, headers: dict[str, str], body: bytes) -> HttpAnswer:
        def act() -> Response:
            request = parse(body)
            self.model.validate(action, request)
            for needed in self.permissions(action, request):
                authorise(headers, needed, region=self.region)
            return self._carry_out(action, request)

        return answer_of(action, act)

    def perform(self, action: str, request: Request) -> Response:
        """Validate and carry out an action in process, with no policies evaluated.

        Raises ApiError.
        """
        self.model.validate(action, request)
        return self._carry_out(action, request)

    def _carry_out(self, action: str, request: Request) -> Response:
        if action not in self.actions:
            raise ApiError(
                "UnsupportedOperation",
                f"The local cloud does not have the action {action}. "
                f"It has: {', '.join(sorted(self.actions))}.",
            )
        return self.actions[action](request)
