"""Checks a row against the schema, and brings it to the form in which rows are compared."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.table_schema import Column, TableSchema

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EXACT = 2**53
MARK_BYTES = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A good row.

    Attributes:
        label: name of its class.
        features: as CSV, each number in its one canonical form, empty where missing.
        mark: hash of `features` alone: rows that a model cannot tell apart have the same.
    """

    label: str
    features: str
    mark: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong with a field; without `column`, with the row."""

    column: str
    value: str
    reason: str


class Checker:
    """Checks rows of one schema."""

    def __init__(self, schema: TableSchema) -> None:
        self._columns = schema.columns
        self._label = schema.columns.index(schema.label_column)
        self._allowed = schema.label_column.values

    def check(self, fields: Sequence[str]) -> Row | list[Fault]:
        """The row, or everything that is wrong with it."""
        if len(fields) != len(self._columns):
            reason = f"expected {len(self._columns)} fields, got {len(fields)}"
            return [Fault(column="", value="", reason=reason)]
        faults: list[Fault] = []
        features: list[str] = []
        label = ""
        for index, (column, field) in enumerate(zip(self._columns, fields, strict=True)):
            try:
                if index == self._label:
                    label = self._label_of(field)
                else:
                    features.append(_feature(column, field))
            except ValueError as error:
                faults.append(Fault(column=column.name, value=field, reason=str(error)))
        if faults:
            return faults
        text = ",".join(features)
        return Row(label=label, features=text, mark=mark_of(text))

    def _label_of(self, field: str) -> str:
        # Composed letters: one class must not become two that look the same.
        label = unicodedata.normalize("NFC", field.strip())
        if not label:
            raise ValueError("the label is missing")
        if self._allowed and label not in self._allowed:
            raise ValueError(f"is not one of {', '.join(self._allowed)}")
        return label


def mark_of(features: str) -> bytes:
    """16 bytes that depend on a row's canonical features alone, spread evenly.

    Its first eight decide the row's split, by the rule of shared/images/splitting.py.
    """
    fingerprint = hashlib.sha256(features.encode()).digest()
    return hashlib.sha256(b"split" + fingerprint).digest()[:MARK_BYTES]


def _feature(column: Column, field: str) -> str:
    """The canonical text of a field. Raises ValueError with what is wrong."""
    text = field.strip()
    if not text:
        if column.missing:
            return ""
        raise ValueError("is missing")
    # float() takes also "nan", "1_000" and digits of other scripts.
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number")
    value = float(text)
    fault = column.fault(value)
    if fault is not None:
        raise ValueError(fault)
    return canonical(value)


def canonical(value: float) -> str:
    """The shortest text that reads as this number; whole numbers without a point."""
    if math.isfinite(value) and value == int(value) and abs(value) < _EXACT:
        return str(int(value))
    return repr(value)
