"""What an instance is asked: a request of a client as its containers get it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    headers: Mapping[str, str]
    body: bytes
    model: str | None = None
    """TargetModel: which of a multi-model container's models it is for."""
    container: str | None = None
    """TargetContainerHostname: which of several containers is to answer."""
