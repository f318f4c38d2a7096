"""Processing job: judges a trained model, and the approved one, by the same held-out rows.

Below /opt/ml/processing/input lie `model` (model.tar.gz) and `test`; for tables `schema`; and where
the run has them `champion` (champion.json, and model.tar.gz of the approved model), `tuning`
(trials.json), `transform` (what a batch transform answered) and `samples` (what the endpoint will
be asked; of images the batch transform was). Writes evaluation.json, which the gate, the registry
and the smoke test of a deployment read, and for people evaluation.html and plots.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from contracts.evaluation_report import (
    BatchTransform,
    Champion,
    Comparison,
    EvaluationReport,
    Gate,
    Metric,
    Mistake,
    ServedModel,
)
from shared import arguments, faults
from shared.evaluation import (
    champion,
    held_out,
    latency,
    models,
    options,
    report_page,
    sample_answers,
    served_answers,
    staged_curve,
    trials,
)
from shared.evaluation.held_out import HeldOut
from shared.evaluation.mistakes import WorstMistakes
from shared.evaluation.models import Asked
from shared.evaluation.plots import every
from shared.evaluation.tally import Tally
from shared.faults import RefusedError

REPORT, PAGE = "evaluation.json", "evaluation.html"


class Judged(NamedTuple):
    """The report, and the worst mistakes with their pictures (empty for tables)."""

    report: EvaluationReport
    mistakes: Sequence[tuple[Mistake, bytes]]


class _Scored(NamedTuple):
    candidate: Tally
    champion: Tally | None
    worst: WorstMistakes
    latency: tuple[float, float]


def evaluate(given: Namespace, scratch: Path) -> Judged:
    """Judge the models in folders by the rows in another.

    Args:
        given: as `options.OPTIONS` name them.
        scratch: empty folder, which the unpacked models need.

    Raises:
        RefusedError: something is missing or damaged, or does not fit together.
    """
    test = Path(given.test_dir)
    if given.kind == "image":
        data = held_out.images(test)
    else:
        data = held_out.tables(test, Path(given.schema_dir))
    load: Mapping[str, Any] = {"module": given.predictor, "classes": data.classes}
    asked = models.load(Path(given.model_dir), scratch / "model", **load)
    _must_fit(asked, data)
    rival = champion.find(Path(given.champion_dir), scratch / "champion", **load)
    tuning = trials.read(Path(given.tuning_dir))
    scored = _score(data, asked, rival)
    metrics = scored.candidate.metrics()
    rivals = scored.champion.metrics() if scored.champion else None
    mistakes = scored.worst.worst_first()
    p50, p95 = scored.latency
    report = EvaluationReport(
        kind=given.kind,
        metrics=metrics,
        classes=data.classes,
        confusion_matrix=scored.candidate.matrix(),
        per_class=scored.candidate.per_class(),
        rows=scored.candidate.rows,
        comparison=_compare(given.gate_metric, metrics, rivals, data.classes),
        champion=_champion(rival, rivals),
        gate=_gate(given),
        calibration=scored.candidate.calibration(),
        roc=scored.candidate.roc(),
        mistakes=tuple(mistake for mistake, _ in mistakes),
        model=ServedModel(size_bytes=asked.size_bytes, latency_ms_p50=p50, latency_ms_p95=p95),
        model_sha256=asked.sha256,
        batch_transform=_batch_transform(given, data, asked, scored.candidate.rows),
        tuning=tuning,
        learning_curve=tuple(
            _finite_only(figures)
            for figures in asked.learning_curve or staged_curve.of(data, asked)
        ),
        hyperparameters={str(name): str(value) for name, value in asked.hyperparameters.items()},
        lineage=options.lineage(given),
        samples=sample_answers.of(Path(given.samples_dir), asked),
    )
    return Judged(report, mistakes)


def _must_fit(asked: Asked, data: HeldOut) -> None:
    if asked.columns != data.classes or asked.unknown:
        raise RefusedError(
            "model and test data do not fit together, one run of the pipeline must have made both:",
            [
                f"the model does not know the classes {list(asked.unknown)} of {data.folder}, "
                f"which lacks {list(asked.columns[len(data.classes) :])} of the model's"
            ],
        )


def _score(data: HeldOut, asked: Asked, rival: champion.Champion | None) -> _Scored:
    """Both models see the same batches, so that they are judged by the same rows."""
    own = Tally(data.classes, asked.columns)
    other = Tally(data.classes, rival.asked.columns) if rival else None
    worst = WorstMistakes(asked.columns)
    first: Any = None
    for batch in data.read():
        probabilities = asked.probabilities(batch.inputs)
        own.see(batch.labels, probabilities)
        worst.see(batch.labels, probabilities, batch.keys, batch.inputs)
        if rival and other:
            with champion.telling(rival.model_package_arn):
                other.see(batch.labels, rival.asked.probabilities(batch.inputs))
        first = batch.inputs[:1] if first is None else first
    if first is None:
        raise RefusedError("data is missing:", [f"{data.folder}: its files hold no row"])
    taken = latency.milliseconds(functools.partial(asked.probabilities, first))
    return _Scored(own, other, worst, taken)


def _compare(
    metric: str,
    candidate: Mapping[str, Metric],
    rival: Mapping[str, Metric] | None,
    classes: Sequence[str],
) -> Comparison:
    if metric not in candidate:
        fault = (
            f"--gate-metric: {metric} needs two classes with test rows of both; the classes are "
            f"{list(classes)}. Set gate.metric to accuracy or macro_f1 in the workload's YAML, or "
            "upload more data"
        )
        raise RefusedError("the gate has no figure to look at:", [fault])
    own = candidate[metric].value
    other = rival[metric].value if rival else None
    # Figures that differ by the margin exactly must not fail by a floating-point crumb.
    shortfall = 0.0 if other is None else round(max(0.0, other - own), 12)
    return Comparison(metric=metric, candidate=own, champion=other, shortfall=shortfall)


def _champion(
    rival: champion.Champion | None, metrics: Mapping[str, Metric] | None
) -> Champion | None:
    if rival is None or metrics is None:
        return None
    return Champion(
        model_package_arn=rival.model_package_arn,
        dataset_version=rival.dataset_version,
        metrics=metrics,
        unknown_classes=rival.asked.unknown,
    )


def _gate(given: Namespace) -> Gate | None:
    if given.gate_floor is None and given.gate_margin is None:
        return None
    return Gate(floor=given.gate_floor, margin=given.gate_margin)


def _batch_transform(
    given: Namespace, data: HeldOut, asked: Asked, rows: int
) -> BatchTransform | None:
    answers = Path(given.transform_dir)
    if not answers.is_dir():
        return None
    if given.kind == "image":
        return served_answers.of_images(answers, Path(given.samples_dir), asked)
    return served_answers.of_tables(
        answers, asked, features=data.features, classes=data.classes, rows=rows
    )


def _finite_only(figures: Mapping[str, Any]) -> dict[str, float | None]:
    def numbers() -> Iterator[tuple[str, float | None]]:
        for name, value in figures.items():
            if isinstance(value, int | float):
                yield str(name), value if math.isfinite(value) else None

    return dict(numbers())


def _write(judged: Judged, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plots = every.draw(judged.report, judged.mistakes, folder)
    report = dataclasses.replace(judged.report, plots=plots)
    (folder / REPORT).write_text(report.to_json(), encoding="utf-8")
    page = report_page.render(report, judged.mistakes)
    (folder / PAGE).write_text(page, encoding="utf-8")


def main() -> int:
    """Exit status of the job."""
    argv = sys.argv[1:]
    return faults.run(
        lambda: _start(argv),
        message_file=Path(arguments.peek(argv, "message-file") or options.MESSAGE),
    )


def _start(argv: Sequence[str]) -> None:
    given = Namespace(**arguments.parse(options.OPTIONS, argv, program="evaluate"))
    with tempfile.TemporaryDirectory() as temporary:
        judged = evaluate(given, Path(temporary))
    _write(judged, Path(given.report_dir))
    report = judged.report
    figures = " ".join(f"{name}={metric.value:.4f}" for name, metric in report.metrics.items())
    rows = "pictures" if report.kind == "image" else "rows"
    print(f"{report.rows} held-out {rows}: {figures}", flush=True)
    if report.champion:
        shown = " ".join(f"{name}={one.value:.4f}" for name, one in report.champion.metrics.items())
        print(f"champion {report.champion.model_package_arn}: {shown}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
