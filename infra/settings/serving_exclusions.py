"""Which serving settings exclude each other, each with the reason.

A key that the mode does not use is a fault where its value is not the default: an environment
takes back what the workload says by the default or by null.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.settings.model import FieldFault

if TYPE_CHECKING:
    from infra.settings.serving import ServingSettings

_SECTIONS = {"serverless": "serverless", "asynchronous": "async", "batch": "batch"}
_SPLIT_KEYS = ("split_share", "split_steps", "winner")


def serving_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """Everything in the settings that does not go together."""
    yield from _section_faults(serving)
    yield from _update_faults(serving)


def _section_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """A mode without its section, and a section without its mode."""
    for key, mode in _SECTIONS.items():
        section = getattr(serving, key)
        if serving.mode == mode and section is None:
            yield FieldFault(key, None, f"is missing, and mode: {mode} needs it", "its keys")
        if serving.mode != mode and section is not None:
            problem = f"means nothing with mode: {serving.mode}"
            yield FieldFault(key, section.model_dump(), problem, f"no {key}, null, or mode: {mode}")


def _update_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """Keys of an update that is another one."""
    for key in _SPLIT_KEYS:
        value = getattr(serving, key)
        if serving.update != "split" and value is not None:
            problem = f"means nothing with update: {serving.update}"
            shown = value if key == "split_share" else value.model_dump()
            yield FieldFault(key, shown, problem, f"no {key}, or update: split")
    if serving.update == "shadow" and serving.shadow is None:
        yield FieldFault("shadow", None, "is missing, and update: shadow needs it", "its keys")
    if serving.update != "shadow" and serving.shadow is not None:
        problem = f"means nothing with update: {serving.update}"
        yield FieldFault(
            "shadow", serving.shadow.model_dump(), problem, "no shadow, null, or update: shadow"
        )
