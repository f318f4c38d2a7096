"""Services and resource types that MiniStack lacks, or that are put before its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[
    [str, str, dict[str, str], bytes, dict[str, Any]],
    Awaitable[tuple[int, dict[str, str], bytes]],
]
"""``handler(method, path, headers, body, query)`` answers (status, headers, body)."""


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
