"""What is wrong with a table's schema: all of it, each fault with its place."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

_MEMBERS = ("schema_version", "header", "delimiter", "label", "columns", "classes", "features")
_NEEDED = ("schema_version", "label", "columns")
_COLUMN_MEMBERS = ("name", "type", "min", "max", "values", "missing")


def document_faults(
    document: Any, *, version: int, types: Sequence[str], delimiters: Sequence[str]
) -> list[str]:
    """Every fault of a schema's JSON document; empty for a valid one."""
    if not isinstance(document, dict):
        return [f"it is a JSON {type(document).__name__}, not an object"]
    faults = [f"{name}: is missing" for name in _NEEDED if name not in document]
    faults += [
        f"{name}: is unknown; allowed are {', '.join(_MEMBERS)}"
        for name in document
        if name not in _MEMBERS
    ]
    found = document.get("schema_version", version)
    if found != version:
        faults.append(f"schema_version: {found!r} is unknown; known is {version}")
    if not isinstance(document.get("header", False), bool):
        faults.append(f"header: expected true or false, got {document['header']!r}")
    if document.get("delimiter", ",") not in delimiters:
        allowed = ", ".join(repr(delimiter) for delimiter in delimiters)
        faults.append(f"delimiter: {document['delimiter']!r} is not one of {allowed}")
    if "columns" not in document:
        return faults
    columns = document["columns"]
    if not isinstance(columns, list) or not columns:
        return [*faults, f"columns: expected a list of columns, got {columns!r}"]
    for index, column in enumerate(columns):
        faults += _column_faults(f"columns[{index}]", column, types)
    names = [column.get("name") for column in columns if isinstance(column, dict)]
    texts = Counter(name for name in names if isinstance(name, str))
    faults += [
        f"columns: {name!r} is there {count} times" for name, count in texts.items() if count > 1
    ]
    if "label" in document:
        faults += _label_faults(document["label"], columns)
    return faults + _prepared_faults(document, names)


def _column_faults(where: str, column: Any, types: Sequence[str]) -> list[str]:
    if not isinstance(column, dict):
        return [f"{where}: expected an object, got {column!r}"]
    faults = [
        f"{where}.{name}: is unknown; allowed are {', '.join(_COLUMN_MEMBERS)}"
        for name in column
        if name not in _COLUMN_MEMBERS
    ]
    name, kind = column.get("name"), column.get("type")
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        faults.append(f"{where}.name: expected a text without spaces at its ends, got {name!r}")
    if kind not in types:
        faults.append(f"{where}.type: {kind!r} is not one of {', '.join(types)}")
    if not isinstance(column.get("missing", False), bool):
        faults.append(f"{where}.missing: expected true or false, got {column['missing']!r}")
    faults += _range_faults(where, column)
    if column.get("values") is not None:
        faults += _values_faults(where, column["values"], kind)
    return faults


def _range_faults(where: str, column: dict[str, Any]) -> list[str]:
    faults = []
    bounds = {side: column[side] for side in ("min", "max") if column.get(side) is not None}
    if bounds and column.get("type") == "category":
        return [f"{where}.{side}: a category has no range; leave it out" for side in bounds]
    for side, bound in bounds.items():
        if not _is_number(bound):
            faults.append(f"{where}.{side}: expected a finite number, got {bound!r}")
    if not faults and len(bounds) == 2 and bounds["min"] > bounds["max"]:
        faults.append(f"{where}.min: {bounds['min']!r} is above max, {bounds['max']!r}")
    return faults


def _values_faults(where: str, values: Any, kind: Any) -> list[str]:
    if kind in ("number", "integer"):
        return [f"{where}.values: a number has a range, min and max; leave values out"]
    if not isinstance(values, list) or len(values) < 2:
        return [f"{where}.values: expected a list of two or more texts, got {values!r}"]
    faults = [
        f"{where}.values: {value!r} is a {type(value).__name__}; write it as a text, in quotes"
        for value in values
        if isinstance(value, bool) or not isinstance(value, str | int)
    ]
    texts = Counter(str(value) for value in values)
    faults += [
        f"{where}.values: {text!r} is there {count} times"
        for text, count in texts.items()
        if count > 1
    ]
    faults += [
        f"{where}.values: {text!r} is empty or has spaces at its ends"
        for text in texts
        if not text or text != text.strip()
    ]
    return faults


def _label_faults(label: Any, columns: Sequence[Any]) -> list[str]:
    known = [column for column in columns if isinstance(column, dict)]
    labels = [column for column in known if column.get("name") == label]
    if not labels:
        names = ", ".join(str(column.get("name")) for column in known)
        return [f"label: {label!r} is not the name of a column; columns are {names}"]
    faults = []
    if labels[0].get("type") in ("number", "integer"):
        faults.append(
            f"label: column {label!r} is of type {labels[0]['type']}; a label is a category, "
            "numbers as labels too"
        )
    if labels[0].get("missing") is True:
        faults.append(f"label: column {label!r} may not be missing; leave `missing` out")
    if len(known) < 2:
        faults.append("columns: there is no feature, only the label")
    faults += [
        f"columns[{index}].type: feature {column.get('name')!r} is a category, which models here "
        "do not take; encode it as numbers before the upload, such as one column of 0 and 1 for "
        "each value"
        for index, column in enumerate(columns)
        if isinstance(column, dict)
        and column.get("type") == "category"
        and column.get("name") != label
    ]
    return faults


def _prepared_faults(document: dict[str, Any], names: Sequence[Any]) -> list[str]:
    """Of the members that the prepare step adds."""
    faults = []
    classes = document.get("classes")
    if classes is not None and not (
        isinstance(classes, list)
        and all(isinstance(name, str) and name for name in classes)
        and len(set(classes)) == len(classes) >= 2
    ):
        faults.append(f"classes: expected two or more different texts, got {classes!r}")
    features = [name for name in names if name != document.get("label")]
    if "features" in document and document["features"] != features:
        faults.append(f"features: expected {features!r}, got {document['features']!r}")
    return faults


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
