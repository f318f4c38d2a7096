"""Accuracy over confidence, and how many rows each confidence has."""

from __future__ import annotations

from matplotlib.figure import Figure

from contracts.evaluation_report import EvaluationReport
from shared.evaluation.plots import figures


def draw(report: EvaluationReport) -> Figure:
    """On the dashed line a model is right as often as it is sure; the report has bins."""
    figure = figures.new(5.4, 5.6)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    above.plot([0, 1], [0, 1], linestyle="--", color=figures.SOFT, linewidth=1)
    confidence = [one.confidence for one in report.calibration]
    accuracy = [one.accuracy for one in report.calibration]
    above.plot(confidence, accuracy, marker="o", color=figures.COLORS[0])
    above.set_xlim(0, 1)
    above.set_ylim(-0.02, 1.02)
    error = report.metrics.get("calibration_error")
    told = f", expected calibration error {error.value:.4f}" if error else ""
    figures.tidy(above, "", "accuracy", "Calibration")
    above.set_title(f"Calibration{told}", fontsize=10)
    below.bar(
        [one.low for one in report.calibration],
        [one.rows for one in report.calibration],
        width=[one.high - one.low for one in report.calibration],
        align="edge",
        color=figures.COLORS[0],
        alpha=0.6,
    )
    figures.tidy(below, "confidence", "pictures" if report.kind == "image" else "rows")
    return figure
