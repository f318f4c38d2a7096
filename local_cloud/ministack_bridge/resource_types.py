"""MiniStack's CloudFormation: resource types that it lacks, and how it updates them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ResourceHandlers:
    """What CloudFormation calls for one resource type, and what it has to know of it.

    ``create(logical_id, properties, stack_name)`` and
    ``update(physical_id, old, new, stack_name)`` answer (physical id, attributes);
    ``delete(physical_id, properties)`` answers nothing.
    """

    create: Callable[[str, dict[str, Any], str], tuple[str, dict[str, Any]]]
    update: Callable[[str, dict[str, Any], dict[str, Any], str], tuple[str, dict[str, Any]]]
    delete: Callable[[str, dict[str, Any]], None]
    replacing: tuple[str, ...] = ()
    """The properties of which a new value means a new resource: CloudFormation then calls
    ``create``, and ``delete`` of the old one once the whole update has succeeded."""
    name: str | None = None
    """The property that names the resource. One whose template gives it cannot be replaced under
    the same name: that update is refused in AWS's words."""
    tagged: bool = False
    """Whether the stack's tags go to the resource, in its property ``Tags``."""
    waits: bool = False
    """Whether a handler waits, or calls this server: then it runs on a thread of its own."""


_waiting: set[str] = set()


def add_resource_type(resource_type: str, handlers: ResourceHandlers) -> None:
    """Let CloudFormation provision ``resource_type``."""
    from ministack.services.cloudformation import provisioners

    provisioners._RESOURCE_HANDLERS[resource_type] = {
        "create": handlers.create,
        "update": handlers.update,
        "delete": handlers.delete,
    }
    if handlers.replacing:
        provisioners._REPLACING_PROPERTIES[resource_type] = handlers.replacing
    if handlers.name:
        provisioners._CUSTOM_NAME_REPLACEMENT[resource_type] = {"name": handlers.name}
    if handlers.tagged:
        provisioners._STACK_TAG_PROPERTY[resource_type] = ("Tags", "list")
    if handlers.waits:
        if not _waiting:
            _run_waiting_types_on_threads()
        _waiting.add(resource_type)


def _run_waiting_types_on_threads() -> None:
    from ministack.services.cloudformation import stacks

    decide: Callable[[str], bool] = stacks._runs_on_worker_thread

    @functools.wraps(decide)
    def decide_or_wait(resource_type: str) -> bool:
        return resource_type in _waiting or decide(resource_type)

    setattr(stacks, "_runs_on_worker_thread", decide_or_wait)  # noqa: B010 - not for mypy


def generated_name(stack_name: str, logical_id: str, *, longest: int) -> str:
    """A name for a resource whose template gives none: the same for the stack's resource until
    it is replaced, which must be asked for within a handler."""
    from ministack.services.cloudformation import provisioners

    return str(provisioners._physical_name(stack_name, logical_id, max_len=longest))
