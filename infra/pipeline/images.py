"""URIs of AWS's framework images, from the pinned table that `generate_image_uris` writes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from infra.settings.instance_types import accelerator_of

TABLE = Path(__file__).with_name("image_uris.json")

Scope = Literal["training", "inference"]


class UnknownImageError(ValueError):
    """The table has no such image.

    Attributes:
        key: what it does not know: name, version or python (of the framework), region, processor.
        value: what was asked for.
        known: what there is.
    """

    def __init__(self, key: str, what: str, value: str, known: list[str]) -> None:
        super().__init__(f"there is no image for {what} {value!r}; known are {', '.join(known)}")
        self.key = key
        self.value = value
        self.known = known


@cache
def _table() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return content


def image_uri(
    *, framework: str, version: str, python: str, scope: Scope, instance_type: str, region: str
) -> str:
    """The image of a framework that runs on an instance type in a region.

    Raises:
        UnknownImageError: the table lacks one of them.
    """
    table = _table()
    versions = _entry(table["frameworks"], "name", "framework", framework)
    entry = _entry(versions, "version", f"{framework} version", version)
    _entry({entry["python"]: python}, "python", f"{framework} {version} with Python", python)
    registry = _entry(table["registries"], "region", "region", region)
    processor = accelerator_of(instance_type)
    if processor is None:
        raise UnknownImageError("processor", "the processor of", instance_type, ["cpu", "gpu"])
    return f"{registry}/{entry[scope][processor]}"


def _entry(entries: dict[str, Any], key: str, what: str, value: str) -> Any:
    if value not in entries:
        raise UnknownImageError(key, what, value, sorted(entries))
    return entries[value]
