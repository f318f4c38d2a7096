"""URIs of AWS's images, from the pinned table that `generate_image_uris` writes."""

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
    *,
    name: str,
    version: str,
    scope: Scope,
    instance_type: str,
    region: str,
    python: str | None = None,
) -> str:
    """The image of a framework or a built-in algorithm, for an instance type in a region.

    Args:
        python: that the image must have; None where it does not matter.

    Raises:
        UnknownImageError: the table lacks one of them.
    """
    table = _table()
    uses = _entry(table["images"], "name", "framework", name)
    entry = _entry(uses[scope], "version", f"{scope} with {name}", version)
    if python is not None and "python" in entry:
        _entry({entry["python"]: None}, "python", f"{name} {version} with Python", python)
    registry = _entry(table["registries"][name], "region", f"{name} in the region", region)
    processor = accelerator_of(instance_type)
    if processor is None:
        raise UnknownImageError("processor", "the processor of", instance_type, ["cpu", "gpu"])
    return f"{registry}/{entry[processor]}"


def _entry(entries: dict[str, Any], key: str, what: str, value: str) -> Any:
    if value not in entries:
        raise UnknownImageError(key, what, value, sorted(entries))
    return entries[value]
