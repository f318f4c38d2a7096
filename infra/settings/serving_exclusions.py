"""Which serving settings exclude each other, each with the reason and where AWS says so.

A key that the mode does not use is a fault where its value is not the default: an environment
takes back what the workload says by the default or by null.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from infra.settings.instance_types import accelerator_of
from infra.settings.model import FieldFault, SettingsModel

if TYPE_CHECKING:
    from infra.settings.serving import ServingSettings

_GUIDE = "SageMaker developer guide"
_SERVERLESS = f'({_GUIDE}, "Serverless Inference", feature exclusions)'
_GUARDRAILS = f'({_GUIDE}, "Deployment guardrails")'
_GUARDRAIL_EXCLUSIONS = f'({_GUIDE}, "Deployment guardrails", exclusions)'
_SHADOW = f'({_GUIDE}, "Shadow tests", exclusions)'
_ASYNC = f'({_GUIDE}, "Asynchronous inference")'
_CAPTURE = f'({_GUIDE}, "Data capture")'
_CANARY = f'({_GUIDE}, "Use canary traffic shifting")'


class _Unused(NamedTuple):
    """A key that a mode does not take, and why."""

    key: str
    why: str


_UNUSED = {
    "realtime": (),
    "serverless": (
        _Unused("update", "is for instances: serverless inference takes one variant alone"),
        _Unused("rollout.strategy", "is for endpoints with instances " + _GUARDRAILS),
        _Unused("alarms.max_5xx_percent", "rolls back endpoints with instances " + _GUARDRAILS),
        _Unused("alarms.max_latency_p99_ms", "rolls back endpoints with instances " + _GUARDRAILS),
        _Unused("autoscaling", "is for instances, and serverless inference has none of its own"),
        _Unused("hours", "saves nothing: serverless inference costs nothing without requests"),
        _Unused("data_capture_percent", "is not there for serverless inference " + _SERVERLESS),
        _Unused("vpc", "is not there for serverless inference " + _SERVERLESS),
    ),
    "async": (
        _Unused("update", "needs real-time requests: a queue is worked off by one model"),
        _Unused("alarms.max_5xx_percent", "watches requests that are answered at once"),
        _Unused("alarms.max_latency_p99_ms", "watches requests that are answered at once"),
        _Unused("autoscaling", "counts requests that are answered at once; see asynchronous"),
        _Unused("data_capture_percent", "is there for real-time endpoints only " + _CAPTURE),
    ),
    "batch": (
        _Unused("update", "is for endpoints, and batch has none"),
        _Unused("rollout.strategy", "is for endpoints, and batch has none"),
        _Unused("alarms.max_5xx_percent", "is for endpoints, and batch has none"),
        _Unused("alarms.max_latency_p99_ms", "is for endpoints, and batch has none"),
        _Unused("autoscaling", "is for endpoints, and batch has none"),
        _Unused("hours", "is for endpoints, and batch has none"),
        _Unused("data_capture_percent", "is for endpoints; batch keeps its answers anyway"),
    ),
}
_SOURCES = {
    ("serverless", "split"): _SERVERLESS,
    ("serverless", "shadow"): _SHADOW,
    ("async", "shadow"): _SHADOW,
    ("async", "split"): _ASYNC,
}
_SECTIONS = {"serverless": "serverless", "asynchronous": "async", "batch": "batch"}
_LEAST_FOR_STEPS = 2
_SPLIT_KEYS = ("split_share", "split_steps", "winner")


def serving_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """Everything in the settings that does not go together."""
    yield from _section_faults(serving)
    yield from _unused_faults(serving)
    yield from _update_faults(serving)
    yield from _capacity_faults(serving)
    yield from _rollout_faults(serving)
    if serving.mode == "serverless" and accelerator_of(serving.instance_type) == "gpu":
        yield FieldFault(
            "instance_type",
            serving.instance_type,
            f"has a GPU, and serverless inference has none {_SERVERLESS}; the type chooses the "
            "image, for GPUs or for CPUs",
            "a type without GPUs, such as ml.m5.large",
        )


def _section_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """A mode without its section, and a section without its mode."""
    for key, mode in _SECTIONS.items():
        section = getattr(serving, key)
        if serving.mode == mode and section is None:
            yield FieldFault(key, None, f"is missing, and mode: {mode} needs it", "its keys")
        if serving.mode != mode and section is not None:
            problem = f"means nothing with mode: {serving.mode}"
            yield FieldFault(key, _shown(section), problem, f"no {key}, null, or mode: {mode}")


def _unused_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    for key, why in _UNUSED[serving.mode]:
        value, default = _at(serving, key), _default(serving, key)
        if value == default:
            continue
        source = _SOURCES.get((serving.mode, str(value)), "") if key == "update" else ""
        word = "null" if default is None else default
        yield FieldFault(
            key,
            _shown(value),
            f"{why} {source}".rstrip(),
            f"{word}, or another mode than {serving.mode}",
        )


def _update_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """Keys of an update that is another one, and what a split excludes."""
    for key in (*_SPLIT_KEYS, "shadow"):
        value, update = getattr(serving, key), "shadow" if key == "shadow" else "split"
        if serving.update != update and value is not None:
            problem = f"means nothing with update: {serving.update}"
            yield FieldFault(key, _shown(value), problem, f"no {key}, or update: {update}")
    if serving.update == "shadow" and serving.shadow is None:
        yield FieldFault("shadow", None, "is missing, and update: shadow needs it", "its keys")
    if serving.update != "split":
        return
    steps = serving.split_steps
    if steps is not None and steps.shares[0] <= serving.first_share:
        yield FieldFault(
            "split_steps.shares",
            list(steps.shares),
            "does not rise from the share that a split begins with",
            f"shares above {serving.first_share:g} (split_share)",
        )
    if serving.hours is not None:
        yield FieldFault(
            "hours",
            _shown(serving.hours),
            "would end each split: the endpoint is made again with one model",
            "null, or update: replace",
        )


def _capacity_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    """Instances that are too few or too many at the beginning."""
    scaling = serving.autoscaling or serving.asynchronous
    if scaling is None or not serving.has_instances:
        return
    section = "autoscaling" if serving.mode == "realtime" else "asynchronous"
    low, high = scaling.min_instances, scaling.max_instances
    if low > high:
        # Of autoscaling, its own section says so.
        if section == "asynchronous":
            problem = "is more than max_instances"
            yield FieldFault(f"{section}.min_instances", low, problem, f"0 to {high}")
        return
    if not low <= serving.instance_count <= high:
        yield FieldFault(
            "instance_count",
            serving.instance_count,
            f"is not between min_instances and max_instances of {section}, which it begins with",
            f"{max(low, 1)} to {high}",
        )
    if section == "asynchronous" and low == 0 and serving.hours is not None:
        yield FieldFault(
            "hours",
            _shown(serving.hours),
            "saves nothing: with asynchronous.min_instances: 0 there is no instance while "
            "nothing waits, and a deleted endpoint takes no requests",
            "null, or asynchronous.min_instances: 1 or more",
        )


def _rollout_faults(serving: ServingSettings) -> Iterator[FieldFault]:
    strategy = serving.rollout.strategy
    if strategy == "all-at-once" or not serving.has_instances:
        return
    if serving.update == "split":
        yield FieldFault(
            "rollout.strategy",
            strategy,
            "has no use with update: split, which changes the variants: SageMaker shifts between "
            f"variants of the same names only {_GUARDRAIL_EXCLUSIONS}",
            "all-at-once, or update: replace",
        )
    if serving.instance_count < _LEAST_FOR_STEPS:
        yield FieldFault(
            "instance_count",
            serving.instance_count,
            f"is one instance, of which rollout.strategy: {strategy} can take no part: at most "
            f"half of the instances are replaced first {_CANARY}",
            "2 or more, or rollout.strategy: all-at-once",
        )
    scaling = serving.autoscaling or serving.asynchronous
    if scaling is not None and scaling.min_instances < _LEAST_FOR_STEPS:
        section = "autoscaling" if serving.autoscaling is not None else "asynchronous"
        yield FieldFault(
            f"{section}.min_instances",
            scaling.min_instances,
            f"may leave less than two instances, of which rollout.strategy: {strategy} can take "
            f"no part {_CANARY}",
            "2 or more, or rollout.strategy: all-at-once",
        )


def _at(serving: ServingSettings, key: str) -> Any:
    value: Any = serving
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _default(serving: ServingSettings, key: str) -> Any:
    first, *rest = key.split(".")
    value: Any = type(serving).model_fields[first].default
    for part in rest:
        value = getattr(value, part)
    return value


def _shown(value: Any) -> Any:
    return value.model_dump(exclude_none=True) if isinstance(value, SettingsModel) else value
