"""The schema of a table: what a workload's CSV files hold, column by column.

Written in the workload's YAML, carried to the prepare step as JSON, and completed there by what
the data told: the names of the classes and of the features.

    {"schema_version": 1, "header": false, "delimiter": ",", "label": "species",
     "columns": [{"name": "species", "type": "category", "values": ["setosa", "versicolor"]},
                 {"name": "petal_length", "type": "number", "min": 0, "max": 20, "missing": true}],
     "classes": ["setosa", "versicolor"], "features": ["petal_length"]}

`classes` and `features` are only there after the prepare step. Features are the columns other
than the label's, in the order of the CSV, and numbers: a category must be encoded as numbers
before the upload, so that training and whoever asks the endpoint encode it alike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from contracts.table_schema_faults import document_faults

SCHEMA_VERSION = 1
NUMBER, INTEGER, CATEGORY = TYPES = ("number", "integer", "category")
DELIMITERS = (",", ";", "\t", "|")


class TableSchemaError(ValueError):
    """A schema that does not follow the form above.

    Attributes:
        faults: every fault found, one sentence each, beginning with its place.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        lines = ["the table's schema is not valid:", *(f"  {fault}" for fault in faults)]
        super().__init__("\n".join(lines))


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of the CSV.

    Attributes:
        type: `number` (any finite one), `integer` (a whole number) or `category` (a text).
        min: least value allowed, None for no bound; of numbers only.
        max: greatest value allowed, None for no bound; of numbers only.
        values: texts allowed; of the label only. Empty: those that the data has.
        missing: whether an empty field is allowed; never in the label.
    """

    name: str
    type: str
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] = ()
    missing: bool = False

    def fault(self, value: float) -> str | None:
        """What is wrong with a number in this column, or None."""
        if not math.isfinite(value):
            return "is not a finite number"
        if self.type == INTEGER and not value.is_integer():
            return "is not a whole number"
        if self.min is not None and value < self.min:
            return f"is below {self.min:g}"
        if self.max is not None and value > self.max:
            return f"is above {self.max:g}"
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSchema:
    """A valid schema; `parse` and `from_document` make one.

    Attributes:
        header: whether each file's first line names the columns.
        label: name of the column that the model is to predict.
        columns: in the order of the CSV, the label's among them.
        classes: the label's values by class index, empty before the prepare step.
    """

    header: bool
    delimiter: str
    label: str
    columns: tuple[Column, ...]
    classes: tuple[str, ...] = ()

    @property
    def label_column(self) -> Column:
        return next(column for column in self.columns if column.name == self.label)

    @property
    def features(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.name != self.label)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.features)

    def with_classes(self, found: Sequence[str]) -> TableSchema:
        """The schema after the prepare step.

        The order of the classes is that of the label's `values`, so that a user decides which
        class of two is the positive one, the second; without `values` it is `found`, sorted.
        """
        return replace(self, classes=self.label_column.values or tuple(sorted(set(found))))

    def to_json(self) -> str:
        """The schema as its file holds it."""
        document: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "header": self.header,
            "delimiter": self.delimiter,
            "label": self.label,
            "columns": [_column_document(column) for column in self.columns],
        }
        if self.classes:
            document |= {"classes": list(self.classes), "features": list(self.feature_names)}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def parse(cls, content: bytes | str) -> TableSchema:
        """Read a schema's file. Raises TableSchemaError with all faults."""
        try:
            document = json.loads(content)
        except ValueError as error:
            raise TableSchemaError([f"it is not JSON: {error}"]) from error
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: Any) -> TableSchema:
        """A schema from the object that its JSON stands for. Raises TableSchemaError."""
        faults = document_faults(
            document, version=SCHEMA_VERSION, types=TYPES, delimiters=DELIMITERS
        )
        if faults:
            raise TableSchemaError(faults)
        return cls(
            header=document.get("header", False),
            delimiter=document.get("delimiter", ","),
            label=document["label"],
            columns=tuple(_column(item) for item in document["columns"]),
            classes=tuple(document.get("classes", ())),
        )


def _column(item: Mapping[str, Any]) -> Column:
    values = tuple(str(value) for value in item.get("values") or ())
    return Column(**{**item, "values": values})


def _column_document(column: Column) -> dict[str, Any]:
    """Without what is not set, as people write it."""
    stated = asdict(column)
    return {name: value for name, value in stated.items() if value not in (None, (), False)}
