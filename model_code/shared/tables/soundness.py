"""Judges whether what is left of a table can be trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.table_schema import TableSchema
from shared.tables.bad_rows import FILE
from shared.tables.screening import Screening

_EXAMPLES = 3


def faults(
    screening: Screening,
    schema: TableSchema,
    counts: Mapping[str, int],
    *,
    files: int,
    min_rows_per_class: int,
    max_bad_fraction: float,
) -> list[str]:
    """Every reason for which a dataset is not enough; empty for one that is.

    Args:
        schema: with its classes.
        counts: different good rows of each class.
        files: how many there were, good and bad.
    """
    found = _bad_files(screening.quarantine.reasons(), files, max_bad_fraction)
    found += _bad_rows(screening, max_bad_fraction)
    found += _contradictions(screening, sum(counts.values()), max_bad_fraction)
    if len(schema.classes) < 2:
        names = ", ".join(map(repr, schema.classes)) or "none"
        found.append(
            f"column {schema.label!r} holds the classes {names}; a classifier needs 2 or more"
        )
    return found + [
        f"class {label!r} has {counts.get(label, 0)} different good rows, {min_rows_per_class} "
        "are needed (min_rows_per_class)"
        for label in schema.classes
        if counts.get(label, 0) < min_rows_per_class
    ]


def contradict_too_often(screening: Screening, rows: int, max_bad_fraction: float) -> bool:
    """Whether so many rows contradict each other that they must be looked at."""
    return screening.contradicting > max_bad_fraction * rows


def _bad_files(reasons: Sequence[str], files: int, allowed: float) -> list[str]:
    if not files:
        return ["it holds no file; expected CSV"]
    if len(reasons) <= allowed * files:
        return []
    return [
        f"{len(reasons)} of {files} files cannot be used, allowed are {allowed:.0%} "
        "(max_bad_fraction). All are in quarantine with their reasons; the first: "
        + "; ".join(reasons[:_EXAMPLES])
    ]


def _bad_rows(screening: Screening, allowed: float) -> list[str]:
    bad = screening.bad_rows
    if bad.count <= allowed * screening.read:
        return []
    return [
        f"{bad.count} of {screening.read} rows cannot be used, allowed are {allowed:.0%} "
        f"(max_bad_fraction). All are in quarantine, in {FILE}, with their reasons; the first: "
        + "; ".join(bad.examples)
    ]


def _contradictions(screening: Screening, rows: int, allowed: float) -> list[str]:
    if not contradict_too_often(screening, rows, allowed):
        return []
    return [
        f"{screening.contradicting} of {rows} different rows stand with several labels, allowed "
        f"are {allowed:.0%} (max_bad_fraction): these features cannot tell the classes apart. "
        f"All are in quarantine, in {FILE}; the first: "
        + "; ".join(screening.contradictions[:_EXAMPLES])
    ]
