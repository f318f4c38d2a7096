"""Judges whether what is left of a table can be trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.table_schema import TableSchema
from shared.tables.bad_rows import FILE
from shared.tables.contradictions import Contradictions
from shared.tables.found import Found

_EXAMPLES = 3


def faults(
    found: Found,
    contradictions: Contradictions,
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
    told = _bad_files(found.bad_files, files, max_bad_fraction)
    told += _bad_rows(found, max_bad_fraction)
    told += _contradictions(contradictions, sum(counts.values()), max_bad_fraction)
    if len(schema.classes) < 2:
        names = ", ".join(map(repr, schema.classes)) or "none"
        told.append(
            f"column {schema.label!r} holds the classes {names}; a classifier needs 2 or more"
        )
    return told + [
        f"class {label!r} has {counts.get(label, 0)} different good rows, {min_rows_per_class} "
        "are needed (min_rows_per_class)"
        for label in schema.classes
        if counts.get(label, 0) < min_rows_per_class
    ]


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


def _bad_rows(found: Found, allowed: float) -> list[str]:
    if found.bad_rows <= allowed * found.read:
        return []
    return [
        f"{found.bad_rows} of {found.read} rows cannot be used, allowed are {allowed:.0%} "
        f"(max_bad_fraction). All are in quarantine, in {FILE}, with their reasons; the first: "
        + "; ".join(found.examples)
    ]


def _contradictions(found: Contradictions, rows: int, allowed: float) -> list[str]:
    if not found.too_many(rows, allowed):
        return []
    return [
        f"{found.rows} of {rows} different rows stand with several labels, allowed are "
        f"{allowed:.0%} (max_bad_fraction): these features cannot tell the classes apart. All "
        f"are in quarantine, in {FILE}; the first: " + "; ".join(found.examples[:_EXAMPLES])
    ]
