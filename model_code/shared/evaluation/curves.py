"""What a report's curves and trials show, for the page's charts and the plots alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts.evaluation_report import EvaluationReport, Trial, Tuning

Points = list[tuple[float, float]]

_STEPS = ("epoch", "round", "iteration", "step")
# Keras, XGBoost and what people write themselves.
_VALIDATION = ("val_", "validation_", "validation-", "validation:", "valid_")
_TRAINING = ("train_", "training_", "train-", "train:", "training-")
_MOST_CHARTS = 6
_LOG_FROM = 30.0


class Curves(NamedTuple):
    """One figure over the epochs, of training and validation."""

    figure: str
    step: str
    series: dict[str, Points]


class Tried(NamedTuple):
    """The objective over one hyperparameter.

    Attributes:
        points: place on the x axis, objective.
        names: of the places 0, 1, … for a category, empty for a number.
        log: whether the numbers span enough to be shown on a logarithmic axis.
    """

    hyperparameter: str
    points: Points
    names: tuple[str, ...]
    log: bool


def learning_curves(figures: Sequence[Mapping[str, float | None]]) -> list[Curves]:
    """Curves of training and validation together, six figures at most."""
    step = next((name for name in _STEPS if figures and name in figures[0]), "epoch")
    found: dict[str, dict[str, Points]] = {}
    for number, row in enumerate(figures, start=1):
        place = row.get(step)
        x = float(number if place is None else place)
        for name, value in row.items():
            if name not in _STEPS and value is not None:
                base, series = _parted(name)
                found.setdefault(base, {}).setdefault(series, []).append((x, value))
    # Figures that validation has as well say more than, say, a learning rate.
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))
    return [Curves(base, step, dict(sorted(series.items()))) for base, series in ordered][
        :_MOST_CHARTS
    ]


def tried(tuning: Tuning) -> list[Tried]:
    """The objective over each hyperparameter of which more than one value was tried."""
    told = [trial for trial in tuning.trials if trial.objective is not None]
    names = sorted({name for trial in told for name in trial.hyperparameters})
    return [one for name in names if (one := _over(name, told)) is not None]


def places(tuning: Tuning) -> list[tuple[int, Trial]]:
    """Trials with their place, 1 the best; those without an objective come last, as 0."""
    sign = -1 if tuning.goal == "Maximize" else 1
    told = [trial for trial in tuning.trials if trial.objective is not None]
    told.sort(key=lambda trial: sign * (trial.objective or 0.0))
    silent = [trial for trial in tuning.trials if trial.objective is None]
    return [*enumerate(told, start=1), *((0, trial) for trial in silent)]


def confusions(report: EvaluationReport, most: int) -> list[tuple[str, str, int]]:
    """Label, prediction and rows of the most frequent mistakes, the most frequent first."""
    names = report.classes
    found = [
        (names[label], names[predicted], count)
        for label, row in enumerate(report.confusion_matrix)
        for predicted, count in enumerate(row)
        if count and label != predicted
    ]
    return sorted(found, key=lambda item: -item[2])[:most]


def _parted(name: str) -> tuple[str, str]:
    for series, prefixes in (("validation", _VALIDATION), ("training", _TRAINING)):
        for prefix in prefixes:
            if name.startswith(prefix) and len(name) > len(prefix):
                return name.removeprefix(prefix), series
    return name, "training"


def _over(name: str, trials: Sequence[Trial]) -> Tried | None:
    given = [
        (trial.hyperparameters[name], trial.objective)
        for trial in trials
        if name in trial.hyperparameters and trial.objective is not None
    ]
    if len({value for value, _ in given}) < 2:
        return None
    numbers = [_number(value) for value, _ in given]
    points = [(x, y) for x, (_, y) in zip(numbers, given, strict=True) if x is not None]
    if len(points) == len(given):
        values = [x for x, _ in points]
        low, high = min(values), max(values)
        return Tried(name, points, (), log=low > 0 and high / low >= _LOG_FROM)
    names = tuple(sorted({value for value, _ in given}))
    strips = [(float(names.index(value)), y) for value, y in given]
    return Tried(name, strips, names, log=False)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
