"""The list `workloads` of an environment's file, added to as a person would: comments stay."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_KEY = re.compile(r"^workloads:[ \t]*(#.*)?$")
_ITEM = re.compile(r"^(?P<dash>[ \t]*-[ \t]+)\S")


class NotAListError(Exception):
    """The file has no such list, or not in the form that can be added to."""


def listed(text: str) -> list[str]:
    """The names. Raises NotAListError."""
    try:
        found = yaml.safe_load(text)["workloads"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise NotAListError("has no list `workloads`") from error
    if not isinstance(found, list):
        raise NotAListError("has no list `workloads`")
    return [str(name) for name in found]


def with_name(text: str, name: str) -> str:
    """The file's text with one name more, as the last of the list.

    Raises:
        NotAListError: the names do not stand one a line, so that a person must add it.
    """
    lines = text.splitlines(keepends=True)
    last, dash = None, ""
    starts = [number for number, line in enumerate(lines) if _KEY.match(line.rstrip("\n"))]
    for number in range(starts[0] + 1, len(lines)) if starts else ():
        item = _ITEM.match(lines[number])
        if item:
            last, dash = number, item["dash"]
        elif lines[number].strip() and not lines[number].lstrip().startswith("#"):
            break
    if last is not None:
        lines[last] = lines[last].rstrip("\n") + "\n"
        lines.insert(last + 1, f"{dash}{name}\n")
    added = "".join(lines)
    if last is None or listed(added) != [*listed(text), name]:
        raise NotAListError(f"lists its workloads in one line; add {name} to them by hand")
    return added


def read(path: Path) -> str:
    """The file's text. Raises NotAListError where there is no file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotAListError("is missing") from error
