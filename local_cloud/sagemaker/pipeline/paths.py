"""Property paths such as ``Steps.Train.ModelArtifacts.S3ModelArtifacts``, ``Outputs['train']``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Token = str | int

_TOKEN = re.compile(
    r"""\.?(?P<name>[A-Za-z0-9_\-:]+)|\[(?P<index>\d+)\]|\['(?P<single>[^']*)'\]|\["(?P<double>[^"]*)"\]"""
)
NAME_KEYS = ("OutputName", "InputName", "ChannelName", "Name", "VariantName", "ContainerHostname")
"""What ``['key']`` on a list selects by: the item that carries this name."""


class PathError(ValueError):
    """The path is malformed or leads nowhere."""


def parse(path: str) -> tuple[Token, ...]:
    """The path's tokens: names and keys as ``str``, list positions as ``int``."""
    text = path.removeprefix("$").removeprefix(".")
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise PathError(f"'{path}' is not a path: unexpected text at '{text[position:]}'")
        if match["index"] is not None:
            tokens.append(int(match["index"]))
        else:
            named = (match["name"], match["single"], match["double"])
            tokens.append(next(text for text in named if text is not None))
        position = match.end()
    if not tokens:
        raise PathError(f"'{path}' is an empty path")
    return tuple(tokens)


def resolve(value: Any, tokens: Sequence[Token], *, path: str) -> Any:
    """The value that ``tokens`` lead to inside ``value``; PathError names what is missing."""
    for token in tokens:
        value = _descend(value, token, path=path)
    return value


def _descend(value: Any, token: Token, *, path: str) -> Any:
    if isinstance(value, Mapping) and isinstance(token, str):
        if token in value:
            return value[token]
        raise PathError(f"'{path}' does not resolve: no '{token}' among {sorted(map(str, value))}")
    if isinstance(value, list):
        if isinstance(token, int):
            if token < len(value):
                return value[token]
            raise PathError(f"'{path}' does not resolve: no item {token} in a list of {len(value)}")
        for item in value:
            if isinstance(item, Mapping) and token in (item.get(key) for key in NAME_KEYS):
                return item
        raise PathError(f"'{path}' does not resolve: no item named '{token}' in the list")
    raise PathError(f"'{path}' does not resolve: '{token}' asked of {type(value).__name__}")
