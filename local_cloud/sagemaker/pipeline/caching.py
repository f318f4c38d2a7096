"""CacheConfig of a step: an earlier success with the same key attributes stands for this one.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEY_ATTRIBUTES: dict[str, tuple[str, ...] | None] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Tuning": (
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "Lambda": None,
    "Callback": None,
}
"""The arguments that, where they changed, make a step run again; None: all of them.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
Where a step writes to is none of them: a hit answers the earlier run's outputs.
"""

_DEFINITION_ATTRIBUTES = (
    "AlgorithmSpecification",
    "HyperParameterRanges",
    "InputDataConfig",
    "StaticHyperParameters",
    "TuningObjective",
)
"""Of a Tuning step's one TrainingJobDefinition AWS looks at these alone."""

_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_DAY = 86_400
_SECONDS = {
    "years": 365 * _DAY,
    "months": 30 * _DAY,
    "weeks": 7 * _DAY,
    "days": _DAY,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}


@dataclass(frozen=True, kw_only=True)
class CacheConfig:
    """``expire_after`` in seconds; None where a hit never grows old."""

    expire_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class CacheHit:
    """The step record that stands for a new run, and the execution that it came from."""

    execution_arn: str
    record: Mapping[str, Any]


def duration_seconds(text: str) -> float:
    """Seconds of an ISO 8601 duration (``P30D``, ``PT1H``, ``T12H``); ValueError if it is none."""
    match = _DURATION.fullmatch(text)
    parts = {} if match is None else {k: int(v) for k, v in match.groupdict().items() if v}
    if not parts:
        raise ValueError(f"'{text}' is not an ISO 8601 duration such as P30D or PT12H")
    return float(sum(_SECONDS[unit] * count for unit, count in parts.items()))


def parse(given: Any, *, step_type: str, where: str, faults: list[str]) -> CacheConfig | None:
    """The cache configuration of one step, None where caching is off; faults are collected."""
    if given is None or (isinstance(given, Mapping) and not given.get("Enabled")):
        return None
    if not isinstance(given, Mapping):
        faults.append(f"{where}: CacheConfig must be an object.")
        return None
    if step_type not in KEY_ATTRIBUTES:
        faults.append(
            f"{where}: step type '{step_type}' has no caching; allowed are {list(KEY_ATTRIBUTES)}."
        )
        return None
    expire = given.get("ExpireAfter")
    try:
        return CacheConfig(expire_after=None if expire is None else duration_seconds(str(expire)))
    except ValueError as error:
        faults.append(f"{where}: CacheConfig.ExpireAfter {error}.")
        return None


def cache_key(step_type: str, arguments: Mapping[str, Any], function: Any = None) -> str:
    """Hash of what makes two runs of a step the same run: its type, the key attributes of its
    resolved arguments, and its function's ARN or its queue's URL."""
    names = KEY_ATTRIBUTES[step_type]
    key = {
        name: _looked_at(name, value)
        for name, value in arguments.items()
        if names is None or name in names
    }
    text = json.dumps([step_type, key, function], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _looked_at(name: str, value: Any) -> Any:
    if name != "TrainingJobDefinition":
        return value
    return {part: value[part] for part in _DEFINITION_ATTRIBUTES if part in value}


def find_hit(
    executions: Iterable[Mapping[str, Any]],
    *,
    pipeline_arn: str,
    step_name: str,
    key: str,
    config: CacheConfig,
    now: float,
) -> CacheHit | None:
    """The latest success of the step with the same key in an execution of the same pipeline.

    A hit's own hits do not count: their age would start anew each time.
    """
    best: CacheHit | None = None
    for execution in executions:
        record = execution.get("_steps", {}).get(step_name)
        if execution.get("PipelineArn") != pipeline_arn or record is None:
            continue
        if record.get("Status") != "Succeeded" or record.get("CacheKey") != key:
            continue
        if "CacheHitResult" in record:
            continue
        ended = float(record["EndTime"])
        if config.expire_after is not None and now - ended > config.expire_after:
            continue
        if best is None or ended > float(best.record["EndTime"]):
            best = CacheHit(execution_arn=execution["PipelineExecutionArn"], record=record)
    return best
