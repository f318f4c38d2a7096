"""Answer CloudFormation for a custom resource, whatever happens.

CloudFormation waits, up to an hour, for a PUT to the request's `ResponseURL`; a function that
dies without one hangs the stack. Shapes: AWS CloudFormation User Guide, "Custom resource
request and response objects".
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

Event = Mapping[str, Any]

_ANSWER_SECONDS = 20.0
"""Kept back from the function's time for the answer itself."""
_ATTEMPTS = 5
# The whole answer may have 4096 bytes.
_REASON_CHARACTERS = 1000


class OutOfTimeError(Exception):
    """The work was not done before the function has to answer."""


class Deadline:
    """A moment by which work must end."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left; negative once it is over."""
        return self._end - self._clock()

    def check(self, doing: str) -> None:
        """Raises OutOfTimeError once it is over."""
        if self.remaining() <= 0:
            raise OutOfTimeError(f"out of time while {doing}; try again to go on from here")


Work = Callable[[Mapping[str, Any], Deadline], None]


def on_delete(event: Event, context: Any, work: Work) -> None:
    """Do `work` with the resource's properties when the resource is deleted, and answer.

    Create and Update do nothing and succeed. An answer that cannot be delivered raises, so
    that Lambda calls the function again.
    """
    deleted = event["RequestType"] == "Delete"
    answer(event, reason=_attempt(event, context, work) if deleted else None)


def answer(
    event: Event, *, reason: str | None = None, data: Mapping[str, str] | None = None
) -> None:
    """Tell CloudFormation that the request is done, or why it failed.

    Args:
        reason: of a failure; None for success.
        data: attributes of the resource, which a template reads with `Fn::GetAtt`.

    Raises:
        OSError: the answer was not taken.
    """
    told: dict[str, Any] = {
        "Status": "FAILED" if reason else "SUCCESS",
        "PhysicalResourceId": physical_id(event),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    if reason:
        told["Reason"] = reason[:_REASON_CHARACTERS]
    if data:
        told["Data"] = dict(data)
    _put(str(event["ResponseURL"]), json.dumps(told).encode())


def physical_id(event: Event) -> str:
    """Identifier of the resource: what it was created with, and the same each time."""
    given = event.get("PhysicalResourceId")
    if given:
        return str(given)
    digest = hashlib.sha256(str(event["StackId"]).encode()).hexdigest()[:8]
    return f"{event['LogicalResourceId']}-{digest}"


def _attempt(event: Event, context: Any, work: Work) -> str | None:
    """Why the work failed, or None. Ends before Lambda would stop the function."""
    seconds = max(0.0, context.get_remaining_time_in_millis() / 1000 - _ANSWER_SECONDS)
    faults: list[str] = []

    def attempt() -> None:
        try:
            work(event.get("ResourceProperties", {}), Deadline(seconds))
        except Exception as error:
            logging.exception("the work failed")
            faults.append(f"{type(error).__name__}: {error}")

    # A call that hangs must not keep the answer back: so the work is not on this thread.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds + _ANSWER_SECONDS / 4)
    if thread.is_alive():
        return f"not done after {seconds:.0f} s; delete again to go on from here"
    return faults[0] if faults else None


def _put(url: str, body: bytes) -> None:
    if urlsplit(url).scheme not in ("https", "http"):
        raise ValueError(f"ResponseURL {url!r} is no web address")
    # The URL is signed for an empty content type.
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, data=body, method="PUT", headers={"Content-Type": ""}
    )
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310
                return
        except OSError as error:
            logging.warning("answer %d of %d was not taken: %s", attempt, _ATTEMPTS, error)
            if attempt == _ATTEMPTS:
                raise
            time.sleep(0.2 * 2**attempt)
