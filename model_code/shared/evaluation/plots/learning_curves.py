"""The figures of each epoch or round, training and validation together."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from contracts.evaluation_report import EvaluationReport
from shared.evaluation import curves
from shared.evaluation.plots import figures


def draw(report: EvaluationReport) -> Figure:
    """One chart a figure; the report has a learning curve."""
    found = curves.learning_curves(report.learning_curve)
    figure, places = figures.grid(len(found))
    for one, axes in zip(found, places, strict=True):
        for number, (name, points) in enumerate(one.series.items()):
            xs, ys = zip(*points, strict=True)
            color = figures.COLORS[number % len(figures.COLORS)]
            marker = "o" if len(points) == 1 else None
            axes.plot(xs, ys, color=color, label=figures.shown(name), marker=marker)
        figures.tidy(axes, one.step, title=one.figure)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        if len(one.series) > 1:
            axes.legend(frameon=False, fontsize=8)
    return figure
