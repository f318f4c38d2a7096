"""The tables of the evaluation's page: readable for two classes and for two hundred."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

from contracts.evaluation_report import ClassScores, EvaluationReport, Mistake, Tuning
from shared.evaluation import charts, curves
from shared.evaluation.markup import note, table, text
from shared.evaluation.page_style import SHADES

_MOST_CLASSES_AS_TABLE = 20
_SHOWN_FIRST = 20
_MOST_TRIALS = 50
_PIXELATED_BELOW = 64
_NOTHING = "·"
_LONG_NUMBER = 7
_LETTERS_IN_A_LINE = 90


def matrix(report: EvaluationReport) -> str:
    """The confusion matrix: as numbers, of many classes as a picture with the worst pairs."""
    if not report.confusion_matrix:
        return note(f"Left out: it would have {len(report.classes):,} rows and columns.")
    if len(report.classes) <= _MOST_CLASSES_AS_TABLE:
        return note("Rows: label. Columns: prediction.") + _matrix_table(report)
    told = (
        "Rows: label. Columns: prediction, both in the order of the classes; the stronger, the "
        "larger its share of the label. Point at a cell to read it."
    )
    drawn = charts.heat(report.confusion_matrix, report.classes)
    pairs = [
        [text(label), text(predicted), str(count)]
        for label, predicted, count in curves.confusions(report, _SHOWN_FIRST)
    ]
    worst = table(["label", "taken for", "times"], pairs, kind="names") if pairs else ""
    heading = "<h3>The most frequent confusions</h3>" if worst else ""
    return f'{note(told)}<div class="heat">{drawn}</div>{heading}{worst}'


def per_class(report: EvaluationReport, rows_name: str) -> str:
    """Precision and recall by class; of many, the worst first and the others folded away."""
    head = ["class", "precision", "recall", "F1", rows_name]
    if len(report.classes) <= _MOST_CLASSES_AS_TABLE:
        return table(head, [_class_row(*item) for item in report.per_class.items()])
    worst = sorted(report.per_class.items(), key=lambda item: (item[1].rows == 0, item[1].f1))
    shown = [_class_row(*item) for item in worst]
    first, rest = shown[:_SHOWN_FIRST], shown[_SHOWN_FIRST:]
    return (
        note("The worst first, by F1.")
        + table(head, first)
        + f"<details><summary>{len(rest)} more classes</summary>{table(head, rest)}</details>"
    )


def mistakes(report: EvaluationReport, found: Sequence[tuple[Mistake, bytes]]) -> str:
    """The worst mistakes: pictures as a grid, rows of a table as a table."""
    if not found:
        return note("None: every prediction was right.")
    if report.kind == "image":
        return f'<div class="pictures">{"".join(_picture(*item) for item in found)}</div>'
    rows = [
        [text(one.key), text(one.label), text(one.predicted), f"{one.confidence:.3f}"]
        for one, _ in found
    ]
    return table(["row", "label", "taken for", "confidence"], rows, kind="names long")


def trials(tuning: Tuning) -> str:
    """The trials, the best first."""
    names = sorted({name for trial in tuning.trials for name in trial.hyperparameters})
    ordered = curves.places(tuning)
    rows: list[list[str]] = []
    for place, trial in ordered[:_MOST_TRIALS]:
        objective = _NOTHING if trial.objective is None else f"{trial.objective:.5g}"
        given = [text(_rounded(trial.hyperparameters.get(name, _NOTHING))) for name in names]
        label = f"<b>{place}</b>" if place == 1 else str(place or _NOTHING)
        rows.append([label, objective, *given, text(trial.status), text(trial.training_job)])
    head = ["place", tuning.metric, *names, "status", "training job"]
    rest = len(ordered) - len(rows)
    more = note(f"and {rest} more, in evaluation.json") if rest else ""
    return table(head, rows) + more


def _matrix_table(report: EvaluationReport) -> str:
    rows = []
    pairs = zip(report.classes, report.confusion_matrix, strict=True)
    for label, (name, counts) in enumerate(pairs):
        total = max(1, sum(counts))
        cells = [
            f'<i class="{_shade(count / total, label == predicted)}">{count}</i>' if count else "·"
            for predicted, count in enumerate(counts)
        ]
        rows.append([f'<span title="{text(name)}">{text(name)}</span>', *cells])
    upright = sum(len(name) + 3 for name in report.classes) > _LETTERS_IN_A_LINE
    return table(["", *report.classes], rows, kind="matrix upright" if upright else "matrix")


def _shade(share: float, right: bool) -> str:
    """Even one mistake among many rows is seen."""
    return f"{'g' if right else 'b'}{max(1, round(SHADES * share))}"


def _class_row(name: str, scores: ClassScores) -> list[str]:
    if not scores.rows:
        return [text(name), _NOTHING, _NOTHING, _NOTHING, "0"]
    figures = [f"{figure:.4f}" for figure in (scores.precision, scores.recall, scores.f1)]
    return [text(name), *figures, f"{scores.rows:,}"]


def _picture(mistake: Mistake, picture: bytes) -> str:
    # Small pictures show their pixels; large ones are not to look broken.
    kind = ' class="large"' if _width(picture) >= _PIXELATED_BELOW else ""
    caption = (
        f"{text(mistake.label)} taken for <b>{text(mistake.predicted)}</b> "
        f"({mistake.confidence:.3f})<br><small>{text(mistake.key)}</small>"
    )
    told = f"{mistake.label} taken for {mistake.predicted}"
    return (
        f'<figure{kind}><img alt="{text(told)}" src="{_data_url(picture)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _width(picture: bytes) -> int:
    """Of a PNG, from its header; of a JPEG, taken to be large."""
    if picture.startswith(b"\x89PNG") and len(picture) >= 24:
        width: int = struct.unpack(">I", picture[16:20])[0]
        return width
    return _PIXELATED_BELOW


def _data_url(picture: bytes) -> str:
    kind = "jpeg" if picture.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _rounded(value: object) -> str:
    """Tuners write learning rates with 17 digits."""
    written = str(value)
    try:
        return f"{float(written):.5g}" if len(written) > _LONG_NUMBER else written
    except ValueError:
        return written
