"""The one exception that ends the demo with a message and no traceback."""

from __future__ import annotations


class DemoError(Exception):
    """What went wrong, where its log is, and what to do next; one line or several."""
