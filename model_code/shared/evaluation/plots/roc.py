"""True positives against false ones, of two classes."""

from __future__ import annotations

from matplotlib.figure import Figure

from contracts.evaluation_report import EvaluationReport
from shared.evaluation.plots import figures


def draw(report: EvaluationReport) -> Figure:
    """The diagonal is guessing; the report has a curve."""
    figure = figures.new(5.2, 4.8)
    axes = figure.add_subplot(1, 1, 1)
    axes.plot([0, 1], [0, 1], linestyle="--", color=figures.SOFT, linewidth=1)
    axes.plot(
        [point.false_positive_rate for point in report.roc],
        [point.true_positive_rate for point in report.roc],
        color=figures.COLORS[0],
    )
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    figures.tidy(axes, "false positive rate", "true positive rate")
    auc = report.metrics.get("auc")
    told = f", AUC {auc.value:.4f}" if auc else ""
    positive = figures.shown(report.classes[1])
    axes.set_title(f"ROC{told} (positive: {positive})", fontsize=10)
    return figure
