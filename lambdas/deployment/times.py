"""Moments as the champion record and EventBridge's events have them: `2026-03-01T12:00:00Z`."""

from __future__ import annotations

from datetime import UTC, datetime

_SECONDS = len("2026-03-01T12:00:00")


def now() -> str:
    """This second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_seconds(moment: str) -> str:
    """A moment without parts of a second, so that two of them compare as texts; empty stays."""
    return f"{moment[:_SECONDS]}Z" if moment else ""
