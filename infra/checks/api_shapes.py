"""Checks a request against the shapes of SageMaker's API, as botocore describes them.

botocore's own ParamValidator checks types, required members and minimum lengths; this also
checks enumerations, patterns, maximum lengths and ranges, and knows values that come later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from infra.checks.placeholders import has_token, is_variable, joined_text

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}

_JAVA_TO_PYTHON = (
    (re.compile(r"\\p\{[LMN]\}"), r"\\w"),
    (re.compile(r"\\p\{Z\}"), r"\\s"),
    (re.compile(r"\\p\{[PS]\}"), r"!-/:-@\\[-`{-~\\u00a1-\\u00bf\\u2010-\\u2bff"),
    (re.compile(r"\\p\{Alnum\}"), "a-zA-Z0-9"),
    # Characters above the basic plane, written as pairs of surrogates.
    (re.compile(r"\\uD800\\uDC00-\\uDBFF\\uDFFF"), r"\\U00010000-\\U0010FFFF"),
    # A slip of the API's: `$` repeated. The length is checked by itself.
    (re.compile(r"\$\{\d+,\d+\}$"), "$"),
)
"""What the API's patterns, which are written for Java, have that `re` lacks."""


class ShapeFault(NamedTuple):
    """Where a request departs from the shape, and how."""

    path: str
    problem: str


def shape_faults(
    shape: Any, value: Any, path: str, *, given: frozenset[str] = frozenset()
) -> Iterator[ShapeFault]:
    """Everything in `value` that the API would refuse for its shape.

    Args:
        shape: a botocore shape.
        value: JSON; pipeline variables and CDK tokens stand for any fitting value.
        path: where `value` is, for the faults.
        given: required members of the top structure that someone else fills in.
    """
    if is_variable(value):
        yield from _variable_faults(shape, value, path)
    elif has_token(value):
        if shape.type_name in ("structure", "map"):
            yield ShapeFault(path, f"is a CDK token where {shape.type_name} {shape.name} belongs")
    elif not _has_type(shape, value):
        found = type(value).__name__
        yield ShapeFault(path, f"is {found} {value!r}, not {shape.type_name} ({shape.name})")
    else:
        yield from _limit_faults(shape, value, path)
        yield from _inner_faults(shape, value, path, given)


def _has_type(shape: Any, value: Any) -> bool:
    expected = _TYPES.get(shape.type_name)
    if expected is None:  # timestamps and blobs: no request here has them
        return True
    if isinstance(value, bool) and shape.type_name != "boolean":
        return False
    return isinstance(value, expected)


def _variable_faults(shape: Any, value: dict[str, Any], path: str) -> Iterator[ShapeFault]:
    if shape.type_name in ("structure", "map", "list"):
        yield ShapeFault(path, f"a pipeline variable cannot stand for a whole {shape.type_name}")
        return
    text = joined_text(value)
    # The partition of an ARN is a token in CDK, which no pattern would take.
    if text is not None and shape.type_name == "string" and not text.startswith("arn:"):
        yield from _pattern_faults(shape, text, path)


def _inner_faults(shape: Any, value: Any, path: str, given: frozenset[str]) -> Iterator[ShapeFault]:
    if shape.type_name == "structure":
        yield from _member_faults(shape, value, path, given)
    elif shape.type_name == "map":
        for key, inner in value.items():
            if has_token(key):
                yield ShapeFault(f"{path}.{key}", "is a key known only later; keys are static")
            else:
                yield from shape_faults(shape.key, key, f"{path}.{key} (the key)")
            yield from shape_faults(shape.value, inner, f"{path}.{key}")
    elif shape.type_name == "list":
        for index, inner in enumerate(value):
            yield from shape_faults(shape.member, inner, f"{path}[{index}]")


def _member_faults(
    shape: Any, value: dict[str, Any], path: str, given: frozenset[str]
) -> Iterator[ShapeFault]:
    for name in shape.required_members:
        if name not in value and name not in given:
            yield ShapeFault(f"{path}.{name}", f"is missing; {shape.name} requires it")
    for name, inner in value.items():
        member = shape.members.get(name)
        if name in given:
            yield ShapeFault(f"{path}.{name}", "is given by the pipeline and must be left out")
        elif member is None:
            known = ", ".join(shape.members)
            yield ShapeFault(f"{path}.{name}", f"is no member of {shape.name}, which has {known}")
        else:
            yield from shape_faults(member, inner, f"{path}.{name}")


def _limit_faults(shape: Any, value: Any, path: str) -> Iterator[ShapeFault]:
    limits = shape.metadata
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield ShapeFault(path, f"is {value!r}, none of {', '.join(shape.enum)}")
        yield from _pattern_faults(shape, value, path)
    measured, unit = (value, "") if isinstance(value, (int, float)) else (len(value), " long")
    low, high = limits.get("min"), limits.get("max")
    if low is not None and measured < low:
        yield ShapeFault(path, f"is {measured}{unit}, less than {low} ({shape.name})")
    if high is not None and measured > high:
        yield ShapeFault(path, f"is {measured}{unit}, more than {high} ({shape.name})")


def _pattern_faults(shape: Any, text: str, path: str) -> Iterator[ShapeFault]:
    pattern = shape.metadata.get("pattern")
    if pattern is not None and compiled(pattern).fullmatch(text) is None:
        yield ShapeFault(path, f"is {text!r}, which the pattern {pattern} refuses")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """One of the API's patterns, which are written for Java, as Python compiles it.

    Unicode classes, which `re` lacks, become Python's own, a little wider ones.
    """
    for java, python in _JAVA_TO_PYTHON:
        pattern = java.sub(python, pattern)
    return re.compile(pattern)
