"""All contact with MiniStack's private names, in one place.

MiniStack (pinned exactly) has no SageMaker; this module adds services to it in process.
``tests/unit/local_cloud/core/test_ministack_bridge.py`` fails clearly when a name used here
is gone from a newer release.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import json
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Handler = Callable[
    [str, str, dict[str, str], bytes, dict[str, Any]],
    Awaitable[tuple[int, dict[str, str], bytes]],
]
"""``handler(method, path, headers, body, query)`` answers (status, headers, body)."""

logger = logging.getLogger("local_cloud.ministack")

TLS_FAREWELL_SECONDS = 1.0

STATE_MACHINE_KEY_MARK = "Credential=test/20260101/"
"""How MiniStack's Step Functions signs a call that a state machine makes."""

NO_KEY = "AKIANOSUCHROLE"
# The execution's thread sets it; MiniStack hands the context on to the handler it calls.
_state_machine_key: ContextVar[str] = ContextVar("state_machine_key", default=NO_KEY)


@dataclass(frozen=True, kw_only=True)
class ResourceHandlers:
    """What CloudFormation calls for one resource type.

    ``create(logical_id, properties, stack_name)`` and
    ``update(physical_id, old, new, stack_name)`` answer (physical id, attributes);
    ``delete(physical_id, properties)`` answers nothing.
    """

    create: Callable[[str, dict[str, Any], str], tuple[str, dict[str, Any]]]
    update: Callable[[str, dict[str, Any], dict[str, Any], str], tuple[str, dict[str, Any]]]
    delete: Callable[[str, dict[str, Any]], None]


def add_service(
    name: str,
    handler: Handler,
    *,
    target_prefix: str,
    credential_scope: str,
    sdk_name: str | None = None,
    sdk_prefix: str | None = None,
) -> None:
    """Route requests for an AWS service to ``handler``, from clients and from Step Functions.

    ``name`` is botocore's; ``sdk_name`` is how a state machine's ``aws-sdk`` spells the service
    (without one: the same), ``sdk_prefix`` what its errors begin with there.
    """
    from ministack import app
    from ministack.core import router
    from ministack.services import stepfunctions

    app.SERVICE_HANDLERS[name] = handler
    router.SERVICE_PATTERNS[name] = {
        "target_prefixes": [f"{target_prefix}."],
        "host_patterns": [],
        "credential_scope": credential_scope,
    }
    stepfunctions._AWS_SDK_SERVICE_MAP[sdk_name or name] = {
        "target_prefix": target_prefix,
        "protocol": "json",
        "service_key": name,
    }
    if sdk_prefix:
        stepfunctions._AWS_SDK_ERROR_PREFIX[sdk_name or name] = sdk_prefix


def wrap_service(name: str, wrap: Callable[[Callable[..., Any]], Any]) -> None:
    """Let the answer of ``wrap(MiniStack's handler)`` handle a service of MiniStack's.

    Requests reach it after their caller's policies have been evaluated.
    """
    from ministack import app

    app.SERVICE_HANDLERS[name] = wrap(app.SERVICE_HANDLERS[name])


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


def add_resource_type(resource_type: str, handlers: ResourceHandlers) -> None:
    """Let CloudFormation provision ``resource_type``."""
    from ministack.services.cloudformation import provisioners

    provisioners._RESOURCE_HANDLERS[resource_type] = {
        "create": handlers.create,
        "update": handlers.update,
        "delete": handlers.delete,
    }


def put_event(event: Mapping[str, Any], *, account_id: str, region: str) -> None:
    """One event from an AWS service (``Source`` begins with ``aws.``) on the default bus.

    PutEvents refuses such sources to clients, here as on AWS.
    """
    from ministack.core import responses
    from ministack.services import eventbridge

    with responses.request_scope(account_id, region):
        status, _, body = eventbridge._put_events({"Entries": [dict(event)]}, allow_aws_source=True)
    answer = json.loads(body)
    if status >= 400 or answer.get("FailedEntryCount"):
        raise RuntimeError(f"EventBridge refused {event.get('DetailType')}: {answer}")


@dataclass(frozen=True)
class Denial:
    """Why a call is refused, in AWS's words."""

    code: str
    message: str


def authorise(
    headers: Mapping[str, str],
    *,
    action: str,
    resource_arn: str,
    region: str,
    context: Mapping[str, Any] | None = None,
) -> Denial | None:
    """Evaluate the caller's policies for one action; None where it is allowed.

    Must run in the request's own context, since the caller is pinned there. A call that a
    state machine makes arrives as the account's root, and is evaluated for the role that
    :func:`let_state_machines_act_as_their_roles` found.
    """
    from ministack.core import iam_actions, iam_evaluator, router

    if not auth_enabled():
        return None
    if STATE_MACHINE_KEY_MARK in headers.get("authorization", ""):
        access_key = _state_machine_key.get()
    else:
        access_key = router.extract_access_key_id(dict(headers), {})
    denied = iam_evaluator.enforce(
        access_key,
        action,
        action.split(":")[0],
        region,
        resource_arn=resource_arn,
        service_context=dict(context or {}),
    )
    if denied is None:
        return None
    if isinstance(denied, iam_evaluator.AuthError):
        return Denial("UnrecognizedClientException", str(denied.message))
    message = iam_actions.identity_denial_message(
        action, denied.principal_arn, resource_arn, denied.decision == "Deny"
    )
    return Denial("AccessDeniedException", message)


def auth_enabled() -> bool:
    """Whether this MiniStack checks signatures and policies."""
    from ministack import app

    return bool(app.AUTH)


def trusts(role_arn: str, service_principal: str) -> bool | None:
    """Whether the role's trust policy lets the service assume it; None where there is no role."""
    from ministack.services import iam

    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None:
        return None
    document = role["AssumeRolePolicyDocument"]
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"]
    principals: list[str] = []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement.get("Effect") == "Allow":
            principals += [services] if isinstance(services, str) else services
    return service_principal in principals


def let_state_machines_act_as_their_roles(access_key: Callable[[str], str]) -> None:
    """Evaluate what a state machine asks of the added services for its own role.

    MiniStack makes such calls as the account's root. ``access_key(role_arn)`` answers the id of
    temporary keys of the role, and may raise: then what the execution calls is refused.
    """
    from ministack.services import stepfunctions

    run: Callable[[str], None] = stepfunctions._run_execution

    @functools.wraps(run)
    def run_as_role(execution_arn: str) -> None:
        execution = stepfunctions._executions.get(execution_arn) or {}
        machine = stepfunctions._state_machines.get(execution.get("stateMachineArn")) or {}
        try:
            _state_machine_key.set(access_key(machine["roleArn"]))
        except Exception:
            logger.exception("no keys for the role of %s", execution_arn)
            _state_machine_key.set(NO_KEY)
        run(execution_arn)

    setattr(stepfunctions, "_run_execution", run_as_role)  # noqa: B010


def name_lambda_errors() -> None:
    """Let a Python function's error have its exception's name as ``errorType``, as on AWS.

    MiniStack calls each of them Runtime.HandlerError, which no Retry or Catch of a state machine
    that names an exception would match.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm
    # The worker knows the traceback; its caller, on the same thread, makes the answer.
    last = threading.local()

    @functools.wraps(invoke)
    def invoke_and_note(*arguments: Any, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = invoke(*arguments, **options)
        last.trace = answer.get("trace")
        return answer

    @functools.wraps(execute)
    def execute_and_name(*arguments: Any, **options: Any) -> dict[str, Any]:
        last.trace = None
        answer: dict[str, Any] = execute(*arguments, **options)
        if answer.get("error") and last.trace:
            answer["body"] = error_payload(answer["body"]["errorMessage"], last.trace)
        return answer

    setattr(lambda_runtime.Worker, "invoke", invoke_and_note)  # noqa: B010 - not for mypy
    setattr(lambda_svc, "_execute_function_warm", execute_and_name)  # noqa: B010


def error_payload(message: str, trace: str) -> dict[str, Any]:
    """What Lambda's Python runtime answers for an exception with this traceback."""
    # A traceback ends with the exception's name and its message, which may have several lines.
    *frames, last = trace.rstrip().removesuffix(message.rstrip()).splitlines()
    name = last.rstrip(": ").rpartition(".")[2]
    return {"errorMessage": message, "errorType": name, "stackTrace": frames[1:]}


def save_state() -> None:
    """Write every service's state to disk now, not only at an orderly stop."""
    from ministack import app
    from ministack.core import persistence

    persistence.save_all(app._build_persistence_save_dict())


def _is_no_unanswered_farewell(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], TimeoutError))


def serve(
    *, host: str, port: int, on_start: Callable[[], None], on_stop: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT, on this port alone (MiniStack's ``main`` adds 443)."""
    import signal
    from asyncio import constants

    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack import app

    # An idle client does not answer the end of its TLS connection, and asyncio would await
    # that for 30 s at each stop; hypercorn has no setting for it.
    vars(constants)["SSL_SHUTDOWN_TIMEOUT"] = TLS_FAREWELL_SECONDS
    logging.getLogger("asyncio").addFilter(_is_no_unanswered_farewell)
    config = Config()
    config.bind = [f"{host}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 5
    config.loglevel = "WARNING"
    config.certfile = os.environ["MINISTACK_SSL_CERT"]
    config.keyfile = os.environ["MINISTACK_SSL_KEY"]

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)

        async def shutdown_trigger() -> None:
            await stop.wait()
            await asyncio.to_thread(on_stop)

        await asyncio.to_thread(on_start)
        await hypercorn_serve(app.app, config, shutdown_trigger=shutdown_trigger)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
