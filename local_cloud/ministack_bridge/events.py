"""Events on MiniStack's EventBridge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


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
