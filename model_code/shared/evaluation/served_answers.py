"""Whether the model answers when it is served as it does here, on the same inputs.

Batch transform serves the packed model with its serving code, as an endpoint does; the predictor
asks the same model directly. Where they disagree, what was tested is not what would be served:
training-serving skew, mostly of different preprocessing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contracts.evaluation_report import BatchTransform
from contracts.predictions import Prediction, PredictionsError, joined_row, predictions_of
from contracts.samples import INDEX, Samples, SamplesError
from shared.evaluation.models import Asked
from shared.faults import SHOWN, RefusedError

LEAST_AGREEMENT = 0.99
# Two classes as good as level: rounding on the way may turn them over, and that is no skew.
_LEVEL = 1e-3
_ROWS = 8192
_DAMAGED = "the batch transform's answers cannot be read:"


class _Answer(NamedTuple):
    input: Any
    prediction: Prediction
    place: str


def of_images(transform: Path, samples: Path, asked: Asked) -> BatchTransform:
    """Compare the answers `<file>.out` with the model's on the samples' files.

    Raises:
        RefusedError: an answer is missing or damaged, or too few agree.
    """
    return _compared(_picture_answers(transform, samples, asked), asked)


def of_tables(
    transform: Path, asked: Asked, *, features: int, classes: Sequence[str], rows: int
) -> BatchTransform:
    """Compare the joined lines in `part-*.csv.out` with the model's answers on their features.

    Args:
        rows: that were sent, and must have been answered.

    Raises:
        RefusedError: answers are missing or damaged, or too few agree.
    """
    compared = _compared(_row_answers(transform, features, classes), asked)
    if compared.rows != rows:
        fault = f"{transform}: {compared.rows} answers to {rows} rows"
        raise RefusedError(_DAMAGED, [fault])
    return compared


def _compared(answers: Iterator[_Answer], asked: Asked) -> BatchTransform:
    rows = agreeing = 0
    differing: list[str] = []
    while batch := list(itertools.islice(answers, _ROWS)):
        inputs = [answer.input for answer in batch]
        pictures = isinstance(inputs[0], bytes)
        own = asked.probabilities(inputs if pictures else np.array(inputs, np.float64))
        rows += len(batch)
        for answer, row in zip(batch, own, strict=True):
            label = answer.prediction.label
            if label in asked.columns and row[asked.columns.index(label)] >= row.max() - _LEVEL:
                agreeing += 1
            elif len(differing) < SHOWN:
                here = asked.columns[int(row.argmax())]
                differing.append(f"{answer.place}: served {label!r}, here {here!r}")
    if not rows:
        raise RefusedError(_DAMAGED, ["there is not one; expected files *.out"])
    if agreeing < LEAST_AGREEMENT * rows:
        what = (
            f"training-serving skew: the served model agrees with the tested one on {agreeing} of "
            f"{rows} inputs, {LEAST_AGREEMENT:.0%} are needed. Make the serving code prepare its "
            "inputs as the predictor does:"
        )
        raise RefusedError(what, differing)
    return BatchTransform(rows=rows, agreeing=agreeing, agreement=agreeing / rows)


def _picture_answers(transform: Path, samples: Path, asked: Asked) -> Iterator[_Answer]:
    try:
        index = Samples.parse((samples / INDEX).read_bytes())
    except (OSError, SamplesError) as error:
        fault = f"{samples / INDEX}: {' '.join(str(error).split())}"
        raise RefusedError("the samples that were sent cannot be read:", [fault]) from error
    for sample in index.samples:
        path = transform / f"{sample.file}.out"
        if not path.is_file():
            # Batch transform names answers by the path below the prefix that it was given.
            path = transform / f"{Path(sample.file).name}.out"
        try:
            (prediction,) = predictions_of(
                path.read_bytes(), "application/json", asked.columns, rows=1
            )
            yield _Answer((samples / sample.file).read_bytes(), prediction, sample.file)
        except (OSError, PredictionsError) as error:
            raise RefusedError(_DAMAGED, [f"{path}: {error}"]) from error


def _row_answers(transform: Path, features: int, classes: Sequence[str]) -> Iterator[_Answer]:
    for file in sorted(transform.rglob("*.csv.out")):
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                place = f"{file.name}:{number}"
                try:
                    row = joined_row(line, features=features, classes=classes)
                except PredictionsError as error:
                    raise RefusedError(_DAMAGED, [f"{place}: {error}"]) from error
                yield _Answer(row.features, row.prediction, place)
