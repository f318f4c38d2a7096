"""What the batch transform wrote about a table: each held-out row with the prediction joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.predictions import joined_row
from contracts.table_schema import TableSchema
from demo import objects


@dataclass(frozen=True)
class JoinedLine:
    """A line of the transform's output, and what it says.

    Attributes:
        text: the line as it is in S3: class index, features, answer.
    """

    text: str
    label: str
    predicted: str
    confidence: float


def read_joined_lines(s3: Any, report_uri: str) -> tuple[str, list[JoinedLine]]:
    """The transform's output prefix and all of its lines, of the run with this report.

    Raises contracts' PredictionsError for a line that is not of the form.
    """
    schema = TableSchema.parse(objects.read(s3, objects.beside(report_uri, "schema/schema.json")))
    prefix = objects.beside(report_uri, "transform")
    lines = []
    for uri in objects.below(s3, prefix):
        for text in objects.read(s3, uri).decode().splitlines():
            row = joined_row(text, features=len(schema.features), classes=schema.classes)
            lines.append(
                JoinedLine(
                    text=text,
                    label=schema.classes[row.label],
                    predicted=row.prediction.label,
                    confidence=row.prediction.confidence,
                )
            )
    return prefix, lines
