"""Waiting, in a handler, for what SageMaker does meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import Response
from local_cloud.sagemaker.cloudformation.resource import is_missing

POLL_SECONDS = 0.2
Describe = Callable[[], Response]


def settled(describe: Describe, *, status: str, at_rest: tuple[str, ...]) -> Response:
    """The description once its ``status`` is one of those ``at_rest``.

    Raises ApiError, as ``describe`` does, where the resource is gone.
    """
    while True:
        described = describe()
        if described[status] in at_rest:
            return described
        time.sleep(POLL_SECONDS)


def wait_until_gone(describe: Describe) -> None:
    """Raises ApiError for what is no word of a missing resource."""
    while True:
        try:
            describe()
        except ApiError as error:
            if is_missing(error):
                return
            raise
        time.sleep(POLL_SECONDS)
