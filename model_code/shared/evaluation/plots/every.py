"""All plots of a report, as pictures beside it.

matplotlib is imported here alone and only when plots are asked for: an image without it (one of a
workload's own) gets its evaluation all the same, and the report says which plots are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.evaluation_report import EvaluationReport, Mistake, Plot
from shared.evaluation import curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Draw = Callable[[], "Figure"]
Pictured = Sequence[tuple[Mistake, bytes]]


def draw(report: EvaluationReport, mistakes: Pictured, folder: Path) -> tuple[Plot, ...]:
    """Write the plots that the report has content for.

    Args:
        mistakes: the worst first with their pictures; no picture for rows of a table.
        folder: takes the files; it is there.

    Returns:
        each plot, with the reason where it could not be drawn; that never fails an evaluation.
    """
    pictured = [(mistake, picture) for mistake, picture in mistakes if picture]
    names = _with_content(report, pictured)
    try:
        drawings = _drawings(report, pictured)
    except ImportError as error:
        reason = f"the image that evaluated the model lacks a package: {error}"
        return tuple(Plot(file=f"{name}.png", missing=reason) for name in names)
    return tuple(_drawn(f"{name}.png", drawings[name], folder) for name in names)


def _with_content(report: EvaluationReport, pictured: Pictured) -> list[str]:
    content: dict[str, Sequence[Any]] = {
        "learning_curves": curves.learning_curves(report.learning_curve),
        "confusion_matrix": report.confusion_matrix,
        "calibration": report.calibration,
        "roc": report.roc,
        "tuning_scatter": curves.tried(report.tuning) if report.tuning else (),
        "worst_mistakes": pictured,
    }
    return [name for name, held in content.items() if held]


def _drawings(report: EvaluationReport, pictured: Pictured) -> dict[str, _Draw]:
    from shared.evaluation.plots import (
        calibration,
        confusion_matrix,
        learning_curves,
        roc,
        tuning_scatter,
        worst_mistakes,
    )

    drawings: dict[str, _Draw] = {
        "learning_curves": lambda: learning_curves.draw(report),
        "confusion_matrix": lambda: confusion_matrix.draw(report),
        "calibration": lambda: calibration.draw(report),
        "roc": lambda: roc.draw(report),
        "worst_mistakes": lambda: worst_mistakes.draw(pictured),
    }
    tuning = report.tuning
    if tuning is not None:
        drawings["tuning_scatter"] = lambda: tuning_scatter.draw(tuning)
    return drawings


def _drawn(file: str, drawing: _Draw, folder: Path) -> Plot:
    from shared.evaluation.plots import figures

    try:
        figures.save(drawing(), folder / file)
    except Exception as error:
        # Hours of training are not thrown away for a picture; the report and the log tell.
        reason = f"{type(error).__name__}: {error}"
        print(f"{file} could not be drawn: {reason}", flush=True)
        (folder / file).unlink(missing_ok=True)
        return Plot(file=file, missing=reason)
    return Plot(file=file)
