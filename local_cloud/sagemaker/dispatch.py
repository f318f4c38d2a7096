"""From an HTTP request to a resource family's action, and back in AWS's shape."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from local_cloud import ministack_bridge
from local_cloud.json_api.api import HttpAnswer, Permission, answer_of, authorise
from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import Request, Response, parse
from local_cloud.sagemaker import (
    endpoint_configs,
    endpoints,
    iam,
    job_deletion,
    model_package_group_policies,
    model_package_update,
    model_packages,
    models,
    pipeline_callbacks,
    pipeline_executions,
    pipeline_start,
    pipelines,
    processing_jobs,
    runtime,
    runtime_async,
    runtime_errors,
    runtime_headers,
    runtime_stream,
    tags,
    training_job_update,
    training_jobs,
    transform_jobs,
    tuning_jobs,
    unknown_requests,
    validation,
)
from local_cloud.sagemaker.experiments import experiments, trial_components, trials
from local_cloud.sagemaker.notebook_records import instances, lifecycle_configs
from local_cloud.sagemaker.search import actions as search
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.treatment import enforcement

logger = logging.getLogger("local_cloud.sagemaker")

FAMILIES: tuple[ModuleType, ...] = (
    training_jobs,
    processing_jobs,
    transform_jobs,
    tuning_jobs,
    job_deletion,
    training_job_update,
    models,
    endpoint_configs,
    endpoints,
    model_packages,
    model_package_update,
    model_package_group_policies,
    pipelines,
    pipeline_start,
    pipeline_executions,
    pipeline_callbacks,
    instances,
    lifecycle_configs,
    experiments,
    trials,
    trial_components,
    search,
    tags,
)
ACTIONS: dict[str, Action] = {
    name: action for family in FAMILIES for name, action in family.ACTIONS.items()
}
TARGET_PREFIX = "SageMaker"
INVOCATION = re.compile(
    r"^/endpoints/(?P<name>[^/]+)/"
    r"(?P<kind>invocations|async-invocations|invocations-response-stream)$"
)
INVOKERS: dict[str, tuple[str, Callable[..., runtime.Reply | runtime_stream.Stream]]] = {
    "invocations": ("InvokeEndpoint", runtime.invoke_endpoint),
    "async-invocations": ("InvokeEndpointAsync", runtime_async.invoke_endpoint_async),
    # A permission of its own in the service authorization reference and in AWS's managed policies,
    # though its page in the API reference speaks of InvokeEndpoint.
    "invocations-response-stream": (
        "InvokeEndpointWithResponseStream",
        runtime_stream.invoke_endpoint_with_response_stream,
    ),
}
"""The action of each kind of request, which is also the permission it needs, and its answer."""
# Pools of their own, so that slow models hold up neither each other nor the control plane.
INVOCATION_THREADS = ThreadPoolExecutor(64, thread_name_prefix="invocation")
ACTION_THREADS = ThreadPoolExecutor(16, thread_name_prefix="action")
NOTICES = enforcement.Notices()


def perform(service: SageMakerService, action: str, request: Request) -> Response:
    """Validate the request and carry the action out. Raises ApiError."""
    check_known(action)
    validation.validate(action, request)
    tags.check(request)
    enforcement.check(action, request)
    try:
        answer = ACTIONS[action](service, request)
    except ApiError as error:
        validation.check_error(action, error)
        raise
    validation.check_answer(action, answer)
    NOTICES.tell(action, request)
    return answer


def check_known(action: str) -> None:
    """Raises ApiError: UnknownOperationException for an action that SageMaker does not have,
    UnsupportedOperation for one that the local cloud does not have."""
    validation.operation(action)
    if action not in ACTIONS:
        raise ApiError(
            "UnsupportedOperation",
            f"The local cloud's SageMaker does not have the action {action}. "
            f"{enforcement.DOCS_PAGE} lists those that it has: {', '.join(sorted(ACTIONS))}.",
        )


class Dispatcher:
    """MiniStack's handler for the service ``sagemaker`` (control plane and runtime)."""

    def __init__(self, service: SageMakerService) -> None:
        self._service = service

    async def __call__(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | str,
        query: dict[str, Any],
    ) -> HttpAnswer:
        raw = body.encode() if isinstance(body, str) else body
        invocation = INVOCATION.match(path)
        if invocation:
            name, kind = unquote(invocation["name"]), invocation["kind"]
            return await _on_thread(INVOCATION_THREADS, self._invoke, kind, name, headers, raw)
        if "x-amz-target" not in headers:
            return runtime_errors.reply(unknown_requests.error(method, path))
        action = headers["x-amz-target"].rpartition(".")[2]
        return await _on_thread(ACTION_THREADS, self._act, action, headers, raw)

    def _act(self, action: str, headers: dict[str, str], body: bytes) -> HttpAnswer:
        def act() -> Response:
            check_known(action)
            request = parse(body)
            validation.check_types(action, request)
            for needed in iam.permissions(self._service, action, request):
                self._check(headers, needed)
            return perform(self._service, action, request)

        return answer_of(action, act)

    def _invoke(self, kind: str, name: str, headers: dict[str, str], body: bytes) -> HttpAnswer:
        action, invoke = INVOKERS[kind]
        try:
            self._check(headers, iam.permission_to_invoke(self._service, action, name, headers))
            said = runtime_headers.members(action, headers)
            lacking = enforcement.refusals(action, said)
            if lacking:
                raise runtime_errors.ValidationError(enforcement.refusal(action, lacking))
            status, answered, content = invoke(self._service, name, headers, body)
            runtime_headers.check_answer(action, answered, content)
            if isinstance(content, bytes):
                return status, answered, content
            return status, answered, ministack_bridge.streamed(content, INVOCATION_THREADS)
        except ApiError as error:
            return runtime_errors.reply(error)
        except Exception as error:
            logger.exception("%s of %r failed", action, name)
            message = f"{type(error).__name__}: {error}"
            return runtime_errors.reply(ApiError("InternalFailure", message, status=500))

    def _check(self, headers: dict[str, str], needed: Permission) -> None:
        authorise(headers, needed, region=self._service.settings.region)


async def _on_thread(
    pool: ThreadPoolExecutor, work: Callable[..., HttpAnswer], *arguments: Any
) -> HttpAnswer:
    # The context goes along to the thread: MiniStack pins the caller there.
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(pool, context.run, work, *arguments)
