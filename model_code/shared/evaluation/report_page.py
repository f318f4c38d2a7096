"""The evaluation report as one HTML page that needs no other file and no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from contracts.evaluation_report import EvaluationReport, Mistake
from shared.evaluation import charts

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#111}
h1{font-size:1.5rem} h2{font-size:1.1rem;margin-top:2rem}
.figures{display:flex;flex-wrap:wrap;gap:.75rem}
.figure{border:1px solid #e5e7eb;border-radius:.5rem;padding:.6rem 1rem}
.figure b{display:block;font-size:1.3rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}
svg{width:100%} .tick{font-size:11px;fill:#4b5563}
.wide{overflow-x:auto} table{border-collapse:collapse}
th,td{padding:.2rem .6rem;text-align:right;border:1px solid #e5e7eb} th{background:#f9fafb}
.pictures{display:flex;flex-wrap:wrap;gap:1rem} figure{margin:0;width:8rem;font-size:.8rem}
figure img{width:8rem;image-rendering:pixelated;border:1px solid #e5e7eb}
figcaption{overflow-wrap:anywhere}
"""


def render(
    report: EvaluationReport,
    mistakes: Sequence[tuple[Mistake, bytes]],
    facts: Mapping[str, Any],
) -> str:
    """The page.

    Args:
        mistakes: with their pictures, PNG or JPEG, the worst first.
        facts: of the training, as model.json has them: `hyperparameters`, `training.history`.
    """
    sections = [
        _figures(report),
        _charts(report, facts),
        "<h2>Confusion matrix</h2><p>Rows: label. Columns: prediction.</p>" + _matrix(report),
        "<h2>Classes</h2>" + _per_class(report),
        _mistakes(mistakes),
        _hyperparameters(facts.get("hyperparameters", {})),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Evaluation</title>'
        f"<style>{_STYLE}</style></head><body><h1>Evaluation on {report.rows} held-out pictures"
        f"</h1>{''.join(sections)}</body></html>\n"
    )


def _figures(report: EvaluationReport) -> str:
    figures = {
        name.replace("_", " "): f"{metric.value:.4f}"
        + ("" if metric.standard_deviation is None else f" ± {metric.standard_deviation:.4f}")
        for name, metric in report.metrics.items()
    }
    if report.model:
        figures["model size"] = f"{report.model.size_bytes / 1e6:.2f} MB"
        figures["one picture, median"] = f"{report.model.latency_ms_p50:.1f} ms"
        figures["one picture, 95 %"] = f"{report.model.latency_ms_p95:.1f} ms"
    cells = [
        f'<div class="figure">{escape(name)}<b>{escape(value)}</b></div>'
        for name, value in figures.items()
    ]
    return f'<div class="figures">{"".join(cells)}</div>'


def _charts(report: EvaluationReport, facts: Mapping[str, Any]) -> str:
    parts = []
    history = facts.get("training", {}).get("history", [])
    if history:
        parts.append(
            "<div><h2>Accuracy by epoch</h2>"
            + charts.lines(
                _curves(history, {"training": "accuracy", "validation": "val_accuracy"}),
                x_label="epoch",
                y_range=(0.0, 1.0),
            )
            + "</div><div><h2>Loss by epoch</h2>"
            + charts.lines(
                _curves(history, {"training": "loss", "validation": "val_loss"}), x_label="epoch"
            )
            + "</div>"
        )
    if report.calibration:
        points = [(one.confidence, one.accuracy, one.rows) for one in report.calibration]
        parts.append(
            "<div><h2>Calibration</h2>"
            f"{charts.reliability(points)}<p>On the dashed line the model is right as often as it "
            "is sure. Larger dots stand for more pictures.</p></div>"
        )
    return f'<div class="charts">{"".join(parts)}</div>'


def _curves(
    history: Sequence[Mapping[str, float]], names: Mapping[str, str]
) -> dict[str, list[tuple[float, float]]]:
    return {
        shown: [(float(number), epoch[name]) for number, epoch in enumerate(history, start=1)]
        for shown, name in names.items()
    }


def _matrix(report: EvaluationReport) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in report.classes)
    rows = []
    for label, (name, counts) in enumerate(
        zip(report.classes, report.confusion_matrix, strict=True)
    ):
        total = max(1, sum(counts))
        cells = "".join(
            f'<td style="background:{_shade(count / total, label == predicted)}">'
            f"{count or '·'}</td>"
            for predicted, count in enumerate(counts)
        )
        rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def _shade(share: float, right: bool) -> str:
    """Even one mistake among many pictures is seen."""
    color = "5,150,105" if right else "220,38,38"
    return f"rgba({color},{0.15 + 0.6 * share if share else 0:.2f})"


def _per_class(report: EvaluationReport) -> str:
    rows = [
        f"<tr><th>{escape(name)}</th><td>{one.precision:.4f}</td><td>{one.recall:.4f}</td>"
        f"<td>{one.f1:.4f}</td><td>{one.rows}</td></tr>"
        for name, one in report.per_class.items()
    ]
    head = "<tr><th></th><th>precision</th><th>recall</th><th>F1</th><th>pictures</th></tr>"
    return f'<div class="wide"><table>{head}{"".join(rows)}</table></div>'


def _mistakes(mistakes: Sequence[tuple[Mistake, bytes]]) -> str:
    if not mistakes:
        return "<h2>Mistakes</h2><p>None.</p>"
    figures = [
        f'<figure><img alt="" src="{_data_url(picture)}"><figcaption>{escape(one.label)} taken for '
        f"<b>{escape(one.predicted)}</b> ({one.confidence:.3f})<br>{escape(one.key)}"
        "</figcaption></figure>"
        for one, picture in mistakes
    ]
    return f'<h2>The surest mistakes</h2><div class="pictures">{"".join(figures)}</div>'


def _data_url(picture: bytes) -> str:
    kind = "jpeg" if picture.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _hyperparameters(given: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in sorted(given.items())
    ]
    return f"<h2>Hyperparameters</h2><table>{''.join(rows)}</table>" if rows else ""
