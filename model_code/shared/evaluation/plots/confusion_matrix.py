"""The confusion matrix: with its numbers for few classes, as a picture for many."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from contracts.evaluation_report import EvaluationReport
from shared.evaluation.plots import figures

_NUMBERS_UP_TO = 20
_MOST_NAMES = 50
_DARK_FROM = 0.45


def draw(report: EvaluationReport) -> Figure:
    """Rows: label, columns: prediction; the report has a matrix."""
    counts = np.array(report.confusion_matrix)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    edge = len(report.classes)
    size = min(13.0, 3.6 + 0.42 * edge)
    figure = figures.new(size + 1.2, size)
    axes = figure.add_subplot(1, 1, 1)
    # The root lets one mistake among many rows be seen.
    drawn = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=1))
    bar = figure.colorbar(drawn, ax=axes, shrink=0.7)
    bar.set_label("share of the label's rows", color=figures.SOFT, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=figures.SOFT)
    if edge <= _NUMBERS_UP_TO:
        _write_numbers(axes, counts, shares)
    _name(axes, report.classes)
    return figure


def _write_numbers(axes: Any, counts: np.ndarray[Any, Any], shares: np.ndarray[Any, Any]) -> None:
    for label, predicted in np.argwhere(counts):
        color = "white" if shares[label, predicted] > _DARK_FROM else "black"
        told = str(counts[label, predicted])
        axes.text(predicted, label, told, ha="center", va="center", color=color, fontsize=8)


def _name(axes: Any, classes: tuple[str, ...]) -> None:
    """Of more classes than names have room, each n-th is named."""
    step = -(-len(classes) // _MOST_NAMES)
    places = list(range(0, len(classes), step))
    names = [figures.shown(classes[place], 20) for place in places]
    axes.set_xticks(places)
    axes.set_yticks(places)
    longest = max(map(len, names))
    upright = longest > 8 or (len(names) > 4 and longest > 2)
    axes.set_xticklabels(names, rotation=90 if upright else 0)
    axes.set_yticklabels(names)
    axes.tick_params(labelsize=8 if len(classes) <= _NUMBERS_UP_TO else 7, colors=figures.SOFT)
    axes.set_xlabel("prediction", color=figures.SOFT)
    axes.set_ylabel("label", color=figures.SOFT)
    every = f", each {step}th class named" if step > 1 else ""
    axes.set_title(f"Confusion matrix of {len(classes)} classes{every}", fontsize=10)
