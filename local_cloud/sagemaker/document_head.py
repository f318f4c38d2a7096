"""The short members of a document, kept beside it for lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

Document = dict[str, Any]

SHORT = 512
"""Characters of a text that is still kept in the head."""


def head_of(document: Document) -> str:
    """JSON of ``[short members, names of the others]``: numbers, truth values and short texts are
    short."""
    short, others = {}, []
    for name, value in document.items():
        if value is None or isinstance(value, int | float) or _is_short_text(value):
            short[name] = value
        else:
            others.append(name)
    return json.dumps([short, others])


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= SHORT


class ListedDocument(Mapping[str, Any]):
    """A document of which the short members are at hand; the first other one that is asked for
    reads it whole, as it is then. Raises store.NotFoundError where it was deleted meanwhile."""

    def __init__(self, head: str, read: Callable[[], Document]) -> None:
        self._short, others = json.loads(head)
        self._others = frozenset(others)
        self._read = read

    def __getitem__(self, name: str) -> Any:
        if name in self._others:
            return self._whole[name]
        return self._short[name]

    def __contains__(self, name: object) -> bool:
        return name in self._short or name in self._others

    def __iter__(self) -> Iterator[str]:
        yield from self._short
        yield from self._others

    def __len__(self) -> int:
        return len(self._short) + len(self._others)

    @cached_property
    def _whole(self) -> Document:
        return self._read()
