"""Figures without a screen: each is drawn, written and forgotten, no window and no global state.

AWS's images of TensorFlow 2.19 and PyTorch 2.10 for training hold matplotlib with seaborn and shap,
that of XGBoost pins a release of its own (as early as 3.4); so what is used here is in 3.4 as well.
Read from the Dockerfiles of aws/deep-learning-containers and aws/sagemaker-xgboost-container.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from shared.evaluation.markup import plain

COLORS = ("#2563eb", "#c2410c", "#047857", "#7c3aed")
SOFT, LINE = "#4b5563", "#d7dbe2"
_DPI = 120
_COLUMNS = 3


def new(width: float, height: float) -> Figure:
    """An empty figure; its edges in inches."""
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white", constrained_layout=True)
    FigureCanvasAgg(figure)
    return figure


def grid(count: int, *, columns: int = _COLUMNS, edge: float = 3.6) -> tuple[Figure, Iterator[Any]]:
    """A figure with that many axes of about the same edge in inches, row by row."""
    # Four stand better two by two than three and one.
    across = 2 if count == 4 else min(count, columns)
    down = -(-count // across)
    figure = new(across * edge + 0.6, down * edge * 0.85 + 0.4)
    return figure, (figure.add_subplot(down, across, place + 1) for place in range(count))


def save(figure: Figure, path: Path) -> None:
    """The same figure gives the same bytes."""
    with warnings.catch_warnings():
        # A name in a script that the font lacks shows as boxes; that is no fault of the run.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(path, format="png", metadata={"Software": None})


def shown(name: str, length: int = 24) -> str:
    """A name as it is, not as a formula, and not longer than there is room."""
    readable = plain(name)
    short = readable if len(readable) <= length else f"{readable[: length - 1]}…"
    return short.replace("$", r"\$")


def tidy(axes: Any, x_label: str, y_label: str = "", title: str = "") -> None:
    """Labels, and a grid that stays in the background."""
    axes.set_xlabel(shown(x_label, 48), color=SOFT, fontsize=9)
    axes.set_ylabel(shown(y_label, 48), color=SOFT, fontsize=9)
    axes.set_title(shown(title, 40), fontsize=10)
    axes.tick_params(labelsize=8, colors=SOFT)
    axes.grid(True, color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
