"""The evaluation report: how a trained model did on pictures that training never saw.

Written by a workload's evaluate.py, read by the pipeline's gate (``metrics.<name>.value``), the
model registry (as model quality statistics) and people.

    {"schema_version": 1,
     "metrics": {"accuracy": {"value": 0.98, "standard_deviation": 0.008}, ...},
     "classes": ["cat", "dog"],
     "confusion_matrix": [[49, 1], [0, 50]],
     "per_class": {"cat": {"precision": 1.0, "recall": 0.98, "f1": 0.99, "rows": 50}, ...},
     "rows": 100,
     "calibration": [{"low": 0.9, "high": 1.0, "rows": 80, "confidence": 0.97, "accuracy": 0.98}],
     "mistakes": [{"key": "uploads/…", "label": "cat", "predicted": "dog", "confidence": 0.9}],
     "model": {"size_bytes": 123456, "latency_ms_p50": 2.1, "latency_ms_p95": 3.4}}

The last three may be left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA_VERSION = 1
_MEMBERS = ("metrics", "classes", "confusion_matrix", "per_class", "rows")


class EvaluationReportError(ValueError):
    """A report that does not follow the schema.

    Attributes:
        faults: every fault found, one sentence each.
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        lines = ["the evaluation report is not valid:", *(f"  {fault}" for fault in faults)]
        super().__init__("\n".join(lines))


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A figure; `standard_deviation` says how far chance may have moved it, None where unknown."""

    value: float
    standard_deviation: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScores:
    """How one class did; `rows` pictures of it were in the test data."""

    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationBin:
    """Rows whose confidence lies in (`low`, `high`]: how sure the model was, how often right."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A test picture that the model took for something else, and how sure it was of that."""

    key: str
    label: str
    predicted: str
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """The model as it is served.

    Attributes:
        size_bytes: of model.tar.gz.
        latency_ms_p50: median milliseconds for one picture, on the machine of the evaluation.
        latency_ms_p95: its 95th percentile.
    """

    size_bytes: int
    latency_ms_p50: float
    latency_ms_p95: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationReport:
    """The report.

    Attributes:
        metrics: by name; `accuracy` is always there, in [0, 1].
        classes: names, in the order of the matrix.
        confusion_matrix: counts; a row for each true class, a column for each predicted one.
        per_class: by class name.
        rows: pictures tested.
        calibration: from the least to the most confident; bins without rows are left out.
        mistakes: the most confident ones, the worst first.
        model: None where it was not measured.
    """

    metrics: Mapping[str, Metric]
    classes: tuple[str, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    per_class: Mapping[str, ClassScores]
    rows: int
    calibration: tuple[CalibrationBin, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    model: ServedModel | None = None

    def __post_init__(self) -> None:
        """Raises EvaluationReportError for a report that contradicts itself."""
        faults = []
        if "accuracy" not in self.metrics:
            faults.append("metrics: accuracy is missing")
        faults += [
            f"metrics.{name}.value: {metric.value!r} is not a finite number"
            for name, metric in self.metrics.items()
            if not math.isfinite(metric.value)
        ]
        edge = len(self.classes)
        if len(self.confusion_matrix) != edge or any(
            len(row) != edge for row in self.confusion_matrix
        ):
            faults.append(f"confusion_matrix: expected {edge} rows of {edge} counts")
        if sum(map(sum, self.confusion_matrix)) != self.rows:
            faults.append(f"confusion_matrix: its counts do not add up to rows, {self.rows}")
        if set(self.per_class) != set(self.classes):
            faults.append("per_class: expected one entry for each of classes")
        if faults:
            raise EvaluationReportError(faults)

    def to_json(self) -> str:
        """The report as its file holds it."""
        return json.dumps({"schema_version": SCHEMA_VERSION, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def parse(cls, content: bytes | str) -> EvaluationReport:
        """Read a report. Raises EvaluationReportError; members that are unknown are left out."""
        try:
            document = json.loads(content)
        except ValueError as error:
            raise EvaluationReportError([f"it is not JSON: {error}"]) from error
        if not isinstance(document, dict):
            raise EvaluationReportError([f"it is a JSON {type(document).__name__}, not an object"])
        version = document.get("schema_version")
        faults = [f"{name}: is missing" for name in _MEMBERS if name not in document]
        if version != SCHEMA_VERSION:
            faults.append(f"schema_version: {version!r} is unknown; known is {SCHEMA_VERSION}")
        if faults:
            raise EvaluationReportError(faults)
        try:
            return _from_document(document)
        except (TypeError, AttributeError) as error:
            raise EvaluationReportError([f"a member is of the wrong form: {error}"]) from error


def _from_document(document: Mapping[str, Any]) -> EvaluationReport:
    return EvaluationReport(
        metrics={name: Metric(**metric) for name, metric in document["metrics"].items()},
        classes=tuple(document["classes"]),
        confusion_matrix=tuple(tuple(row) for row in document["confusion_matrix"]),
        per_class={name: ClassScores(**scores) for name, scores in document["per_class"].items()},
        rows=document["rows"],
        calibration=tuple(CalibrationBin(**item) for item in document.get("calibration", [])),
        mistakes=tuple(Mistake(**item) for item in document.get("mistakes", [])),
        model=ServedModel(**document["model"]) if document.get("model") else None,
    )
