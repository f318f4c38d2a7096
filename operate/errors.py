"""The one exception that ends a command with a message and no traceback."""

from __future__ import annotations


class OperateError(Exception):
    """What was wrong, what is allowed, and what to do next; one line or several."""


class NoEndpointError(OperateError):
    """The workload has no endpoint, which may be right: batches have none."""
