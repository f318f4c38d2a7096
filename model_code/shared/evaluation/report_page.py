"""The evaluation report as one HTML page that needs no other file, no network and no program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.evaluation_report import EvaluationReport, Metric, Mistake
from shared.evaluation import charts, curves, page_tables, trials
from shared.evaluation.markup import facts, note, section, table, text
from shared.evaluation.page_style import STYLE, policy

_NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
    "auc": "AUC",
    "calibration_error": "calibration error",
}
_LESS_IS_BETTER = frozenset({"log_loss", "calibration_error"})
_WITHIN_ONE = ("accuracy", "auc", "f1", "precision", "recall")
_LEVEL = 5e-5


def render(report: EvaluationReport, mistakes: Sequence[tuple[Mistake, bytes]]) -> str:
    """The page.

    Args:
        mistakes: the worst first, with their pictures, PNG or JPEG; empty for rows of a table.
    """
    title = f"Evaluation of {report.lineage.get('workload', 'the model')}"
    parts = [
        f"<h1>{text(title)}</h1>",
        _summary(report),
        _verdict(report),
        _cards(report),
        section("Candidate and champion", _champion(report)),
        section("Learning curves", _learning(report)),
        section("Calibration and ranking", _calibration(report)),
        section("Confusion matrix", page_tables.matrix(report)),
        section("Classes", page_tables.per_class(report, rows_name(report))),
        section("The surest mistakes", page_tables.mistakes(report, mistakes)),
        section("Tuning", _tuning(report)),
        section("Served answers", _served(report)),
        section("Hyperparameters", facts(sorted(report.hyperparameters.items()))),
        section("Lineage", facts(_lineage(report))),
        section("Plots that could not be drawn", _missing_plots(report)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        '<meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def rows_name(report: EvaluationReport) -> str:
    """What the report's rows are."""
    return "pictures" if report.kind == "image" else "rows"


def _summary(report: EvaluationReport) -> str:
    told = [f"{report.rows:,} held-out {rows_name(report)}", f"{len(report.classes)} classes"]
    if "dataset_version" in report.lineage:
        told.append(f"dataset {report.lineage['dataset_version'][:12]}")
    return f'<p class="sub">{text(" · ".join(told))}</p>'


def _verdict(report: EvaluationReport) -> str:
    comparison, gate = report.comparison, report.gate
    if comparison is None or gate is None:
        return ""
    name = _NAMES.get(comparison.metric, comparison.metric)
    faults = []
    if gate.floor is not None and comparison.candidate < gate.floor:
        faults.append(f"{name} {comparison.candidate:.4f} is below the floor, {gate.floor:g}")
    if gate.margin is not None and comparison.shortfall > gate.margin:
        faults.append(
            f"{name} is {comparison.shortfall:.4f} below the champion's, {gate.margin:g} is allowed"
        )
    if faults:
        told = f"<b>Does not pass the gate:</b> {text('; '.join(faults))}."
        return f'<p class="verdict bad">{told}</p>'
    asked = []
    if gate.floor is not None:
        asked.append(f"the floor is {gate.floor:g}")
    if comparison.champion is not None and gate.margin is not None:
        asked.append(f"at most {gate.margin:g} below the champion's {comparison.champion:.4f}")
    told = f"<b>Passes the gate:</b> {text(f'{name} {comparison.candidate:.4f}')}"
    return f'<p class="verdict good">{told}; {text("; ".join(asked))}.</p>'


def _cards(report: EvaluationReport) -> str:
    one = "picture" if report.kind == "image" else "row"
    rivals = report.champion.metrics if report.champion else {}
    cards = [
        _card(_NAMES.get(name, name), *_figure(name, metric, rivals.get(name)))
        for name, metric in report.metrics.items()
    ]
    if report.model:
        p50, p95 = report.model.latency_ms_p50, report.model.latency_ms_p95
        cards.append(_card("model size", _bytes(report.model.size_bytes), "as packed"))
        cards.append(_card(f"one {one}, median", f"{p50:.3g} ms", f"95 % within {p95:.3g} ms"))
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(name: str, value: str, small: str) -> str:
    return f'<div class="card">{text(name)}<b>{text(value)}</b><small>{small}</small></div>'


def _figure(name: str, metric: Metric, rival: Metric | None) -> tuple[str, str]:
    small = ""
    if metric.standard_deviation is not None:
        small = f"± {metric.standard_deviation:.4f}"
    if rival is not None:
        small += f" · champion {rival.value:.4f}" if small else f"champion {rival.value:.4f}"
    return f"{metric.value:.4f}", text(small)


def _champion(report: EvaluationReport) -> str:
    champion, comparison = report.champion, report.comparison
    if champion is None:
        if comparison is None:
            return ""
        return note("No approved model was compared: the candidate stands alone.")
    rows = []
    for name, metric in report.metrics.items():
        if name in champion.metrics:
            other = champion.metrics[name].value
            shown = _difference(name, metric.value - other)
            label = text(_NAMES.get(name, name))
            if comparison is not None and comparison.metric == name:
                label += " (the gate's)"
            rows.append([label, f"{metric.value:.4f}", f"{other:.4f}", shown])
    told = [("champion", champion.model_package_arn or "unknown")]
    if champion.dataset_version:
        told.append(("trained on dataset", champion.dataset_version))
    if champion.unknown_classes:
        told.append(("classes it never learned", ", ".join(champion.unknown_classes)))
    sentence = f"Both were asked about the same {report.rows:,} {rows_name(report)}."
    return (
        note(sentence)
        + table(["figure", "candidate", "champion", "difference"], rows)
        + f"<br>{facts(told)}"
    )


def _difference(name: str, difference: float) -> str:
    if abs(difference) < _LEVEL:
        return "level"
    better = (difference < 0) == (name in _LESS_IS_BETTER)
    kind = "better" if better else "worse"
    return f'<span class="{kind}">{difference:+.4f} ({kind})</span>'


def _learning(report: EvaluationReport) -> str:
    drawn = []
    for one in curves.learning_curves(report.learning_curve):
        within = one.figure.lower().endswith(_WITHIN_ONE) and all(
            0 <= y <= 1 for points in one.series.values() for _, y in points
        )
        y_range = (0.0, 1.0) if within else None
        chart = charts.lines(one.series, x_label=one.step, y_range=y_range)
        drawn.append(f"<div><h3>{text(one.figure)}</h3>{chart}</div>")
    return _side_by_side(drawn)


def _calibration(report: EvaluationReport) -> str:
    drawn = []
    if report.calibration:
        told = (
            "On the dashed line the model is right as often as it is sure. Larger dots stand for "
            f"more {rows_name(report)}."
        )
        chart = charts.reliability(report.calibration)
        drawn.append(f"<div><h3>Calibration: accuracy by confidence</h3>{chart}{note(told)}</div>")
    if report.roc:
        told = f"Positive is “{report.classes[1]}”. On the dashed line the model guesses."
        chart = charts.roc(report.roc)
        drawn.append(f"<div><h3>ROC: true positive rate</h3>{chart}{note(told)}</div>")
    return _side_by_side(drawn)


def _tuning(report: EvaluationReport) -> str:
    tuning = report.tuning
    if tuning is None or not tuning.trials:
        return ""
    winner = trials.best(tuning)
    told = f"{len(tuning.trials)} trials; {tuning.metric}, {tuning.goal.lower()}d."
    drawn = []
    if winner is not None and winner.objective is not None:
        drawn = [
            f"<div><h3>{text(one.hyperparameter)}</h3>{charts.scatter(one, winner.objective)}</div>"
            for one in curves.tried(tuning)
        ]
    return note(told) + _side_by_side(drawn) + page_tables.trials(tuning)


def _served(report: EvaluationReport) -> str:
    served = report.batch_transform
    if served is None:
        return ""
    return note(
        f"A batch transform served the packed model: {served.agreeing:,} of {served.rows:,} "
        f"answers ({served.agreement:.1%}) agree with those that are judged here."
    )


def _lineage(report: EvaluationReport) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), value) for name, value in report.lineage.items()]


def _missing_plots(report: EvaluationReport) -> str:
    return facts((plot.file, plot.missing) for plot in report.plots if plot.missing)


def _side_by_side(drawn: Sequence[str]) -> str:
    return f'<div class="charts">{"".join(drawn)}</div>' if drawn else ""


def _bytes(size: int) -> str:
    units: Mapping[str, float] = {"GB": 1e9, "MB": 1e6, "kB": 1e3}
    for unit, factor in units.items():
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} B"
