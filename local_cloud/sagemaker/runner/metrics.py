"""Metrics that a training job's log carries, found by its MetricDefinitions."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.json_api.errors import ValidationException


@dataclass(frozen=True)
class MetricDefinition:
    name: str
    pattern: re.Pattern[str]


def definitions(request: Sequence[Mapping[str, str]]) -> list[MetricDefinition]:
    """From a request's MetricDefinitions. Raises ValidationException for a bad pattern."""
    found = []
    for entry in request:
        try:
            pattern = re.compile(entry["Regex"])
        except re.error as error:
            raise ValidationException(
                f"Metric {entry['Name']}: {entry['Regex']!r} is no regular expression: {error}"
            ) from error
        if pattern.groups < 1:
            raise ValidationException(
                f"Metric {entry['Name']}: {entry['Regex']!r} has no group that holds the number"
            )
        found.append(MetricDefinition(entry["Name"], pattern))
    return found


def scan(line: str, wanted: Sequence[MetricDefinition]) -> list[dict[str, Any]]:
    """The metrics in a line, as MetricData (Timestamp in seconds since the epoch)."""
    found = []
    for definition in wanted:
        pattern = definition.pattern
        # Where .* cannot lead to a match from the line's start, it cannot from further on; to try
        # that takes time by the square of the length, for each metric of a built-in algorithm.
        match = (pattern.match if pattern.pattern.startswith(".*") else pattern.search)(line)
        value = _number(match.group(1)) if match else None
        if value is not None:
            found.append({"MetricName": definition.name, "Value": value, "Timestamp": time.time()})
    return found


def final(metrics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """FinalMetricDataList: the last value of each metric."""
    return list({entry["MetricName"]: dict(entry) for entry in metrics}.values())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
