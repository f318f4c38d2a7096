"""The tuning's objective over each hyperparameter that it varied."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from contracts.evaluation_report import Tuning
from shared.evaluation import curves, trials
from shared.evaluation.curves import Tried
from shared.evaluation.plots import figures


def draw(tuning: Tuning) -> Figure:
    """One chart a hyperparameter, the best trial marked; categories are strips."""
    found = curves.tried(tuning)
    winner = trials.best(tuning)
    best = winner.objective if winner else None
    figure, places = figures.grid(len(found))
    for one, axes in zip(found, places, strict=True):
        _scatter(axes, one, best)
        figures.tidy(axes, one.hyperparameter, tuning.metric)
    return figure


def _scatter(axes: Any, tried: Tried, best: float | None) -> None:
    xs, ys = zip(*tried.points, strict=True)
    axes.scatter(xs, ys, s=36, color=figures.COLORS[0], alpha=0.6, linewidths=0)
    won = [(x, y) for x, y in tried.points if y == best]
    if won:
        x, y = won[0]
        axes.scatter([x], [y], s=90, facecolors="none", edgecolors="black", linewidths=1.5)
    if tried.names:
        crowded = len(tried.names) > 4 or max(map(len, tried.names)) > 8
        axes.set_xticks(range(len(tried.names)))
        axes.set_xticklabels(
            [figures.shown(name, 16) for name in tried.names], rotation=30 if crowded else 0
        )
        axes.set_xlim(-0.5, len(tried.names) - 0.5)
        return
    axes.margins(0.08)
    if tried.log:
        axes.set_xscale("log")
    elif all(x.is_integer() for x in xs):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
