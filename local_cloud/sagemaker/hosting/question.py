"""What an instance is asked: a request of a client as its containers get it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Question:
    headers: Mapping[str, str]
    body: bytes
    model: str | None = None
    """TargetModel: which of a multi-model container's models it is for."""
    container: str | None = None
    """TargetContainerHostname: which of several containers is to answer."""

    def without(self, header: str) -> Question:
        """The same, but for this header."""
        kept = {name: value for name, value in self.headers.items() if name != header}
        return replace(self, headers=kept)

    def with_content(self, media_type: str, body: bytes) -> Question:
        """The same with another body."""
        return replace(self, headers={**self.headers, "Content-Type": media_type}, body=body)
