"""The evaluation report: how a trained model did on rows that training never saw.

One schema for every workload, image or table, built-in algorithm or own code; as a JSON Schema in
evaluation_report.schema.json beside this file. Written by shared/evaluation, read by the
pipeline's gate (``metrics.<name>.value`` and ``comparison.shortfall``), the model registry (as
model quality statistics), the smoke test of a deployment (``samples``) and people.

    {"schema_version": 1,
     "kind": "image",
     "metrics": {"accuracy": {"value": 0.98, "standard_deviation": 0.008}, "macro_f1": ...,
                 "log_loss": ..., "calibration_error": ..., "auc": ... (two classes)},
     "classes": ["cat", "dog"],
     "confusion_matrix": [[49, 1], [0, 50]],
     "per_class": {"cat": {"precision": 1.0, "recall": 0.98, "f1": 0.99, "rows": 50}, ...},
     "rows": 100,
     "comparison": {"metric": "accuracy", "candidate": 0.98, "champion": 0.97, "shortfall": 0.0},
     "champion": {"model_package_arn": "arn:…", "dataset_version": "…", "metrics": {...},
                  "unknown_classes": []},
     "gate": {"floor": 0.95, "margin": 0.01},
     "calibration": [{"low": 0.9, "high": 1.0, "rows": 80, "confidence": 0.97, "accuracy": 0.98}],
     "roc": [{"false_positive_rate": 0.0, "true_positive_rate": 0.7}, ...],
     "mistakes": [{"key": "uploads/…", "label": "cat", "predicted": "dog", "confidence": 0.9}],
     "model": {"size_bytes": 123456, "latency_ms_p50": 2.1, "latency_ms_p95": 3.4},
     "model_sha256": "9f86…",
     "batch_transform": {"rows": 12, "agreeing": 12, "agreement": 1.0},
     "tuning": {"metric": "val_accuracy", "goal": "Maximize", "trials": [{"training_job": "…",
                "status": "Completed", "objective": 0.97, "hyperparameters": {"eta": "0.1"}}]},
     "learning_curve": [{"epoch": 1, "loss": 0.7, "val_loss": 0.8}, ...],
     "hyperparameters": {"optimizer": "adam"},
     "lineage": {"dataset_version": "…"},
     "plots": [{"file": "roc.png", "missing": null}, {"file": "…", "missing": "why"}],
     "samples": [{"file": "files/00.csv", "label": "cat", "predicted": "cat"}]}

Required are the first seven but `kind`; the others may be left out, null or empty where the run
has no such part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

SCHEMA_VERSION = 1
KINDS = ("image", "table")
MOST_CLASSES_IN_MATRIX = 500
"""A pipeline reads property files up to 2 MB; the matrix of more classes is left out."""
_MEMBERS = ("metrics", "classes", "confusion_matrix", "per_class", "rows")

_Part = TypeVar("_Part")


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
    """How one class did; `rows` of it were in the test data."""

    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The candidate against the champion, on the same rows, by the gate's metric.

    Attributes:
        candidate: figure of the model that the run trained.
        champion: figure of the approved model, None where there is none.
        shortfall: by how much the candidate is worse, 0.0 where it is not or has no opponent.
    """

    metric: str
    candidate: float
    champion: float | None
    shortfall: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Champion:
    """The approved model that the candidate was compared with.

    Attributes:
        dataset_version: that it was trained on, None where unknown.
        metrics: by name, on this run's test rows.
        unknown_classes: of the test data, that it never learned; their rows count as wrong.
    """

    model_package_arn: str | None
    dataset_version: str | None
    metrics: Mapping[str, Metric]
    unknown_classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """What the pipeline asks for: the floor of the metric, and the margin below the champion."""

    floor: float | None
    margin: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationBin:
    """Rows whose confidence lies in (`low`, `high`]: how sure the model was, how often right."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RocPoint:
    """A point of the receiver operating characteristic; the second class is the positive one."""

    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A test row that the model took for something else, and how sure it was of that."""

    key: str
    label: str
    predicted: str
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """The model as it is served.

    Attributes:
        size_bytes: of model.tar.gz.
        latency_ms_p50: median milliseconds for one row, on the machine of the evaluation.
        latency_ms_p95: its 95th percentile.
    """

    size_bytes: int
    latency_ms_p50: float
    latency_ms_p95: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchTransform:
    """The served model's answers against those of the evaluation, on the same inputs."""

    rows: int
    agreeing: int
    agreement: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One training job of the tuning; `objective` is None where it gave none."""

    training_job: str
    status: str
    objective: float | None
    hyperparameters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    """The search that found the hyperparameters; `goal` is Maximize or Minimize."""

    metric: str
    goal: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """A picture beside the report; `missing` says why it is not there, None where it is."""

    file: str
    missing: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleAnswer:
    """The model's own answer to a held-out sample; `file` is its path below samples.json."""

    file: str
    label: str
    predicted: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationReport:
    """The report.

    Attributes:
        metrics: by name; `accuracy` is always there, in [0, 1].
        classes: names, in the order of the matrix.
        confusion_matrix: counts; a row for each true class, a column for each predicted one; empty
            with more than MOST_CLASSES_IN_MATRIX classes.
        per_class: by class name.
        rows: tested.
        kind: `image` or `table`.
        comparison: None in reports that were made before there was one.
        calibration: from the least to the most confident; bins without rows are left out.
        roc: of two classes in a table.
        mistakes: the most confident ones, the worst first.
        model_sha256: digest of model.tar.gz, by which a deployment knows the model that was
            evaluated; empty in reports of before.
        learning_curve: figures of each epoch or round; None for one that was not finite.
        lineage: what the model was made from: `dataset_version`, `tuning_job` and so on.
        samples: what the model as it was tested answers to those that an endpoint is asked.
    """

    metrics: Mapping[str, Metric]
    classes: tuple[str, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    per_class: Mapping[str, ClassScores]
    rows: int
    kind: str = "image"
    comparison: Comparison | None = None
    champion: Champion | None = None
    gate: Gate | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    roc: tuple[RocPoint, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    model: ServedModel | None = None
    model_sha256: str = ""
    batch_transform: BatchTransform | None = None
    tuning: Tuning | None = None
    learning_curve: tuple[Mapping[str, float | None], ...] = ()
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    lineage: Mapping[str, str] = field(default_factory=dict)
    plots: tuple[Plot, ...] = ()
    samples: tuple[SampleAnswer, ...] = ()

    def __post_init__(self) -> None:
        """Raises EvaluationReportError for a report that contradicts itself."""
        faults = [] if self.kind in KINDS else [f"kind: {self.kind!r}, expected one of {KINDS}"]
        if "accuracy" not in self.metrics:
            faults.append("metrics: accuracy is missing")
        faults += [*_infinite(self.metrics, "metrics"), *_matrix_faults(self)]
        if self.champion is not None:
            faults += _infinite(self.champion.metrics, "champion.metrics")
        if set(self.per_class) != set(self.classes):
            faults.append("per_class: expected one entry for each of classes")
        if faults:
            raise EvaluationReportError(faults)

    def to_json(self) -> str:
        """The report as its file holds it; a row of the matrix stays on one line."""
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        matrix = document.pop("confusion_matrix")
        lines = ",\n".join(f"    {json.dumps(row, separators=(',', ':'))}" for row in matrix)
        text = json.dumps(document, indent=2, allow_nan=False)
        written = f"[\n{lines}\n  ]" if matrix else "[]"
        return f'{text.removesuffix("}").rstrip()},\n  "confusion_matrix": {written}\n}}\n'

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
        except (TypeError, AttributeError, KeyError) as error:
            raise EvaluationReportError([f"a member is of the wrong form: {error}"]) from error


def _infinite(metrics: Mapping[str, Metric], where: str) -> list[str]:
    return [
        f"{where}.{name}.value: {metric.value!r} is not a finite number"
        for name, metric in metrics.items()
        if not math.isfinite(metric.value)
    ]


def _matrix_faults(report: EvaluationReport) -> list[str]:
    matrix, edge = report.confusion_matrix, len(report.classes)
    if not matrix and edge > MOST_CLASSES_IN_MATRIX:
        return []
    faults = []
    if len(matrix) != edge or any(len(row) != edge for row in matrix):
        faults.append(f"confusion_matrix: expected {edge} rows of {edge} counts")
    if sum(map(sum, matrix)) != report.rows:
        faults.append(f"confusion_matrix: its counts do not add up to rows, {report.rows}")
    return faults


def _from_document(document: Mapping[str, Any]) -> EvaluationReport:
    champion, tuning = document.get("champion"), document.get("tuning")
    return EvaluationReport(
        metrics=_by_name(Metric, document["metrics"]),
        classes=tuple(document["classes"]),
        confusion_matrix=tuple(tuple(row) for row in document["confusion_matrix"]),
        per_class=_by_name(ClassScores, document["per_class"]),
        rows=document["rows"],
        kind=document.get("kind", "image"),
        comparison=_optional(Comparison, document.get("comparison")),
        champion=_champion(champion) if champion else None,
        gate=_optional(Gate, document.get("gate")),
        calibration=_many(CalibrationBin, document.get("calibration")),
        roc=_many(RocPoint, document.get("roc")),
        mistakes=_many(Mistake, document.get("mistakes")),
        model=_optional(ServedModel, document.get("model")),
        model_sha256=document.get("model_sha256") or "",
        batch_transform=_optional(BatchTransform, document.get("batch_transform")),
        tuning=_tuning(tuning) if tuning else None,
        learning_curve=tuple(document.get("learning_curve") or ()),
        hyperparameters=document.get("hyperparameters") or {},
        lineage=document.get("lineage") or {},
        plots=_many(Plot, document.get("plots")),
        samples=_many(SampleAnswer, document.get("samples")),
    )


def _champion(document: Mapping[str, Any]) -> Champion:
    return Champion(
        model_package_arn=document["model_package_arn"],
        dataset_version=document.get("dataset_version"),
        metrics=_by_name(Metric, document["metrics"]),
        unknown_classes=tuple(document.get("unknown_classes") or ()),
    )


def _tuning(document: Mapping[str, Any]) -> Tuning:
    return Tuning(
        metric=document["metric"],
        goal=document["goal"],
        trials=_many(Trial, document["trials"]),
    )


def _part(kind: type[_Part], document: Mapping[str, Any]) -> _Part:
    known = {member.name for member in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in document.items() if name in known})


def _optional(kind: type[_Part], document: Mapping[str, Any] | None) -> _Part | None:
    return _part(kind, document) if document else None


def _many(kind: type[_Part], documents: Sequence[Mapping[str, Any]] | None) -> tuple[_Part, ...]:
    return tuple(_part(kind, document) for document in documents or ())


def _by_name(kind: type[_Part], documents: Mapping[str, Mapping[str, Any]]) -> dict[str, _Part]:
    return {name: _part(kind, document) for name, document in documents.items()}
