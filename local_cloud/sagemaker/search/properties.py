"""Property names of a query, such as ``InputDataConfig.ChannelName``, and their values.

Names are those of botocore's SearchRecord. A list on the way stands for each of its items, a key
of a map may itself hold dots. Three names are AWS's own: ``Tags.<key>``, ``Metrics.<name>`` (of a
trial component ``Metrics.<name>.Max`` and so on, the last value without such an end) and
``Parameters.<name>`` of a trial component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "number", "timestamp", "boolean", "free", "object"]
"""``free``: a number where it can be read as one, as hyperparameters and metrics are;
``object``: a structure, a list or a map, which can only be there or not."""

Read = Callable[[Mapping[str, Any]], list[Any]]
_KINDS: dict[str, Kind] = {
    "string": "text",
    "timestamp": "timestamp",
    "boolean": "boolean",
    "structure": "object",
    "list": "object",
    "map": "object",
}
_STATISTICS = ("Max", "Min", "Last", "Count", "Avg", "StdDev")


@dataclass(frozen=True, kw_only=True)
class Property:
    kind: Kind
    read: Read
    """The values that a record has; none where it lacks the property."""


def find(shape: Any, name: str) -> Property | None:
    """The property of records of this shape, None where there is none of that name."""
    head, _, rest = name.partition(".")
    special = _SPECIAL.get(head)
    if special is not None and rest:
        found = special(shape, rest)
        if found is not None:
            return found
    parts = name.split(".")
    leaf = _leaf(shape, parts)
    if leaf is None:
        return None
    is_map_entry = leaf is not shape and _in_map(shape, parts)
    kind: Kind = "free" if is_map_entry else _KINDS.get(leaf.type_name, "number")
    return Property(kind=kind, read=lambda record: list(_values(shape, record, parts)))


def _leaf(shape: Any, parts: list[str]) -> Any:
    for position, part in enumerate(parts):
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name == "map":
            return _below_key(shape.value, parts[position:])
        if shape.type_name != "structure" or part not in shape.members:
            return None
        shape = shape.members[part]
    return shape


def _below_key(shape: Any, parts: list[str]) -> Any:
    """Of a map's values: the rest of a path is a key, or a key and a path below it."""
    for start in range(1, len(parts)):
        leaf = _leaf(shape, parts[start:])
        if leaf is not None:
            return leaf
    return shape


def _in_map(shape: Any, parts: list[str]) -> bool:
    """Whether the path goes through a map of plain values."""
    for part in parts:
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name == "map":
            return str(shape.value.type_name) == "string"
        shape = shape.members[part]
    return False


def _values(shape: Any, value: Any, parts: list[str]) -> Iterator[Any]:
    if value is None:
        return
    if shape.type_name == "list" and isinstance(value, list):
        if not parts and value:
            yield value
        if parts:
            for item in value:
                yield from _values(shape.member, item, parts)
        return
    if not parts:
        yield value
    elif shape.type_name == "map":
        yield from _map_values(shape, value, parts)
    else:
        yield from _values(shape.members[parts[0]], value.get(parts[0]), parts[1:])


def _map_values(shape: Any, value: Mapping[str, Any], parts: list[str]) -> Iterator[Any]:
    for end in range(len(parts), 0, -1):
        key = ".".join(parts[:end])
        if key in value:
            yield from _values(shape.value, value[key], parts[end:])
            return


def _tag(shape: Any, key: str) -> Property | None:
    if "Tags" not in shape.members:
        return None

    def read(record: Mapping[str, Any]) -> list[Any]:
        return [tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == key]

    return Property(kind="text", read=read)


def _metric(shape: Any, name: str) -> Property | None:
    if "FinalMetricDataList" in shape.members:
        return Property(
            kind="free", read=lambda record: _of(record, "FinalMetricDataList", name, "Value")
        )
    if "Metrics" not in shape.members:
        return None
    metric, _, end = name.rpartition(".")
    statistic = end.capitalize() if end.lower() != "stddev" else "StdDev"
    if not metric or statistic not in _STATISTICS:
        metric, statistic = name, "Last"
    return Property(kind="free", read=lambda record: _of(record, "Metrics", metric, statistic))


def _of(record: Mapping[str, Any], member: str, metric: str, value: str) -> list[Any]:
    return [entry[value] for entry in record.get(member, []) if entry["MetricName"] == metric]


def _parameter(shape: Any, name: str) -> Property | None:
    if shape.name != "TrialComponent":
        return None

    def read(record: Mapping[str, Any]) -> list[Any]:
        return list(record.get("Parameters", {}).get(name, {}).values())

    return Property(kind="free", read=read)


_SPECIAL: dict[str, Callable[[Any, str], Property | None]] = {
    "Tags": _tag,
    "Metrics": _metric,
    "Parameters": _parameter,
}
