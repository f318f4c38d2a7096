"""Answers of an endpoint or a batch transform, whoever serves: classes and probabilities.

Code of ours answers JSON, and CSV where that is asked for:

    {"predictions": [{"label": "cat", "confidence": 0.9, "probabilities": {"cat": 0.9, ...}}]}
    [0.9, 0.1]                                  one line a record, by class index

AWS's built-in XGBoost answers CSV, all rows on one line, or in batch transform one a line
("XGBoost algorithm with Amazon SageMaker AI", and `serve_utils.py` of
https://github.com/aws/sagemaker-xgboost-container):

    binary:logistic    0.93                     probability of class 1
    multi:softprob     [0.1, 0.9, 0.0]          by class index
    multi:softmax      2.0                      the class index

and JSON `{"predictions": [{"score": 0.93}, ...]}`, an object a line as application/jsonlines.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

_SHOWN = 200
_SUM_TOLERANCE = 0.01
"""Answers are written with few digits, and of many classes each is rounded."""
_LIST = re.compile(r"\[([^\[\]]*)\]")


class PredictionsError(ValueError):
    """An answer that is none of those above, or not for this many rows or classes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """The answer for one row.

    Attributes:
        label: name of the likeliest class.
        confidence: its probability, in [0, 1]; 1.0 where only the class was told.
        probabilities: by class index; empty where the answer had none.
    """

    label: str
    confidence: float
    probabilities: tuple[float, ...] = ()


def predictions_of(
    body: bytes, content_type: str, classes: Sequence[str], *, rows: int | None = None
) -> list[Prediction]:
    """The answer for each row that was asked about, in order.

    Args:
        content_type: of the answer; parameters such as charset are not looked at.
        classes: names by class index. May be empty for JSON of our own code, which names them.
        rows: how many there must be; needed where one line may be read in two ways.

    Raises:
        PredictionsError: says what was expected and shows the answer's beginning.
    """
    kind = content_type.split(";")[0].strip().lower()
    try:
        text = body.decode("utf-8").strip()
        if kind in ("application/json", "application/jsonlines"):
            found = [_of_json(item, classes) for item in _json_items(text, kind)]
        elif kind.startswith("text/"):
            found = _of_csv(text, classes, rows)
        else:
            raise PredictionsError(
                f"content type {content_type!r} is not read; known are application/json, "
                "application/jsonlines and text/csv"
            )
        if rows is not None and len(found) != rows:
            raise PredictionsError(f"expected predictions for {rows} rows, got {len(found)}")
    except (PredictionsError, UnicodeDecodeError) as error:
        shown = body[:_SHOWN].decode(errors="replace")
        raise PredictionsError(f"{error}; the answer was {shown!r}") from error
    return found


def labels_of(
    body: bytes, content_type: str, classes: Sequence[str], *, rows: int | None = None
) -> list[str]:
    """The class of each row; as `predictions_of`."""
    return [item.label for item in predictions_of(body, content_type, classes, rows=rows)]


def probabilities_of(
    body: bytes, content_type: str, classes: Sequence[str], *, rows: int | None = None
) -> list[list[float]]:
    """Probabilities of each row by class index; as `predictions_of`.

    Raises:
        PredictionsError: also where an answer tells classes without probabilities.
    """
    found = predictions_of(body, content_type, classes, rows=rows)
    if any(not item.probabilities for item in found):
        raise PredictionsError("the answer tells classes only, not their probabilities")
    return [list(item.probabilities) for item in found]


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedRow:
    """A line that batch transform wrote with `JoinSource: Input`.

    Attributes:
        label: class index of the truth.
        features: in the order of the CSV, NaN where missing.
        prediction: what the model answered.
    """

    label: int
    features: tuple[float, ...]
    prediction: Prediction


def joined_row(line: str, *, features: int, classes: Sequence[str]) -> JoinedRow:
    """Read a line `<class index>,<feature>,...,<answer>`.

    Args:
        features: how many there are. What follows them is the answer, commas and all.

    Raises:
        PredictionsError: the line is not of that form.
    """
    fields = line.strip().split(",", features + 1)
    wanted = f"expected a class index, {features} features and an answer"
    if len(fields) != features + 2:
        raise PredictionsError(f"{wanted}, got {line[:_SHOWN]!r}")
    try:
        label = int(fields[0])
        given = tuple(float(field) if field else math.nan for field in fields[1:-1])
    except ValueError as error:
        raise PredictionsError(f"{wanted}, got {line[:_SHOWN]!r}: {error}") from error
    answer = fields[-1].strip()
    if answer.startswith('"') and answer.endswith('"'):
        answer = answer[1:-1]
    (prediction,) = predictions_of(answer.encode(), "text/csv", classes, rows=1)
    return JoinedRow(label=label, features=given, prediction=prediction)


def _json_items(text: str, kind: str) -> list[Any]:
    try:
        if kind == "application/jsonlines":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        document = json.loads(text)
    except ValueError as error:
        raise PredictionsError(f"it is not JSON: {error}") from error
    items = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise PredictionsError('expected {"predictions": [...]}')
    return items


def _of_json(item: Any, classes: Sequence[str]) -> Prediction:
    if not isinstance(item, dict):
        raise PredictionsError(f"expected an object for each row, got {item!r}")
    if "score" in item:
        score = item["score"]
        numbers = score if isinstance(score, list) else [score]
        if not all(_is_number(number) for number in numbers):
            raise PredictionsError(f"score: expected numbers, got {score!r}")
        return _of_list(numbers, classes) if isinstance(score, list) else _of_one(score, classes)
    label, confidence = item.get("label"), item.get("confidence")
    if not isinstance(label, str) or not _is_number(confidence) or not 0 <= confidence <= 1:
        raise PredictionsError(
            f'expected "label", a text, and "confidence", from 0 to 1, got {item!r}'
        )
    named = item.get("probabilities")
    if named is None or not classes:
        return Prediction(label=label, confidence=float(confidence))
    if not isinstance(named, dict) or set(named) != set(classes):
        raise PredictionsError(
            f"probabilities: expected those of {', '.join(classes)}, got {named!r}"
        )
    numbers = [named[name] for name in classes]
    if not all(_is_number(number) and 0 <= number <= 1 for number in numbers):
        raise PredictionsError(f"probabilities: expected numbers from 0 to 1, got {named!r}")
    probabilities = tuple(map(float, numbers))
    return Prediction(label=label, confidence=float(confidence), probabilities=probabilities)


def _of_csv(text: str, classes: Sequence[str], rows: int | None) -> list[Prediction]:
    if len(classes) < 2:
        raise PredictionsError("an answer in CSV can only be read with the classes' names")
    if "[" in text:
        rest = _LIST.sub("", text).strip(' ,"\r\n\t')
        if rest.strip(' ,"\r\n\t'):
            raise PredictionsError("expected lists of probabilities and nothing beside them")
        return [_of_list(_numbers(inner), classes) for inner in _LIST.findall(text)]
    lines = [_numbers(line) for line in text.splitlines() if line.strip()]
    if _are_lists(lines, len(classes), rows):
        size = len(classes)
        return [
            _of_list(line[start : start + size], classes)
            for line in lines
            for start in range(0, len(line), size)
        ]
    return [_of_one(number, classes) for line in lines for number in line]


def _are_lists(lines: Sequence[Sequence[float]], size: int, rows: int | None) -> bool:
    """Whether numbers without brackets are lists of probabilities, not one number a row.

    Of two classes `0.1,0.9` may be either: the built-in algorithm writes such for two rows, so
    it is that unless `rows` says otherwise. Of more, what adds up to 1 are probabilities.
    """
    total = sum(map(len, lines))
    if rows is not None and total in (rows, rows * size):
        return total == rows * size and all(len(line) % size == 0 for line in lines)
    return size > 2 and all(
        len(line) % size == 0
        and all(_adds_up(line[start : start + size]) for start in range(0, len(line), size))
        for line in lines
    )


def _numbers(text: str) -> list[float]:
    try:
        return [float(field) for field in text.split(",")]
    except ValueError as error:
        raise PredictionsError(f"expected numbers: {error}") from error


def _of_list(numbers: Sequence[float], classes: Sequence[str]) -> Prediction:
    if len(numbers) != len(classes) or not _adds_up(numbers):
        raise PredictionsError(
            f"expected {len(classes)} probabilities that add up to 1, got {list(numbers)!r}"
        )
    best = max(range(len(classes)), key=lambda index: numbers[index])
    probabilities = tuple(map(float, numbers))
    return Prediction(
        label=classes[best], confidence=probabilities[best], probabilities=probabilities
    )


def _of_one(number: float, classes: Sequence[str]) -> Prediction:
    """The probability of class 1 of two, or a class index."""
    if len(classes) == 2:
        if not 0 <= number <= 1:
            raise PredictionsError(f"expected a probability from 0 to 1, got {number!r}")
        return _of_list((1 - number, number), classes)
    if not math.isfinite(number) or int(number) != number or not 0 <= number < len(classes):
        raise PredictionsError(
            f"expected a class index from 0 to {len(classes) - 1}, got {number!r}"
        )
    return Prediction(label=classes[int(number)], confidence=1.0)


def _adds_up(numbers: Sequence[float]) -> bool:
    return (
        all(-_SUM_TOLERANCE <= number <= 1 + _SUM_TOLERANCE for number in numbers)
        and abs(sum(numbers) - 1) <= _SUM_TOLERANCE
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
