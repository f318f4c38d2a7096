"""MiniStack's evaluation of policies: what conditions are told of a request."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

_NAMESPACE = "cloudwatch:namespace"


def tell_metric_namespaces() -> None:
    """Let policies ask for the namespace of PutMetricData (`cloudwatch:namespace`).

    MiniStack knows no such key, and would refuse what a policy allows for one namespace only.
    """
    from ministack.core import iam_actions

    tags = iam_actions.request_tag_context

    @functools.wraps(tags)
    def with_namespace(
        service: str, iam_action: str, body: bytes, *others: Any, **more: Any
    ) -> dict[str, Any]:
        found: dict[str, Any] = tags(service, iam_action, body, *others, **more)
        if iam_action == "cloudwatch:PutMetricData":
            namespace = _fields(body).get("Namespace")
            if isinstance(namespace, str):
                return {**found, _NAMESPACE: namespace}
        return found

    setattr(iam_actions, "request_tag_context", with_namespace)  # noqa: B010 - not for mypy


def _fields(body: bytes) -> Mapping[str, Any]:
    """The members of a request, in JSON or as a form: MiniStack reads no CBOR here."""
    try:
        found = json.loads(body)
    except ValueError:
        form = parse_qs(body.decode(errors="replace"))
        return {name: values[0] for name, values in form.items()}
    return found if isinstance(found, dict) else {}
