"""The page of an evaluation: whole in one file, and whatever names the data has, harmless."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from contracts.evaluation_report import EvaluationReport, Mistake
from shared.evaluation import charts, report_page
from shared.evaluation.mistakes import WorstMistakes
from shared.evaluation.tally import Tally

HOSTILE = '<script>alert("1")</script>'


def picture() -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (4, 4), (200, 10, 10)).save(encoded, "PNG")
    return encoded.getvalue()


def report(*classes: str) -> EvaluationReport:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.05, 0.95]])
    tally = Tally(classes, classes)
    tally.see(labels, probabilities)
    return EvaluationReport(
        metrics=tally.metrics(),
        classes=classes,
        confusion_matrix=tally.matrix(),
        per_class=tally.per_class(),
        rows=tally.rows,
        calibration=tally.calibration(),
    )


def page(of: EvaluationReport, *mistakes: Mistake) -> str:
    history = [
        {"loss": 2.0, "accuracy": 0.3, "val_loss": 1.5, "val_accuracy": 0.4},
        {"loss": 1.0, "accuracy": 0.6, "val_loss": 0.9, "val_accuracy": 0.7},
    ]
    facts = {"hyperparameters": {"optimizer": "sgd"}, "training": {"history": history}}
    return report_page.render(of, [(mistake, picture()) for mistake in mistakes], facts)


class Tags(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_a_name_in_the_data_cannot_put_a_program_into_the_page() -> None:
    mistake = Mistake(key=HOSTILE, label=HOSTILE, predicted=HOSTILE, confidence=0.8)
    found = Tags(page(report(HOSTILE, "b"), mistake))
    assert "script" not in found.names


def test_the_page_needs_no_other_file() -> None:
    mistake = Mistake(key="a.png", label="a", predicted="b", confidence=0.8)
    found = Tags(page(report("a", "b"), mistake))
    assert found.sources
    assert all(source.startswith("data:image/png;base64,") for source in found.sources)
    assert "link" not in found.names


def test_the_page_shows_figures_curves_matrix_classes_mistakes_and_hyperparameters() -> None:
    mistake = Mistake(key="uploads/a.png", label="cat", predicted="dog", confidence=0.8)
    text = page(report("cat", "dog"), mistake)
    assert "accuracy<b>0.7500" in text
    assert text.count("<svg") == 3
    assert "cat taken for <b>dog</b> (0.800)" in text
    assert "uploads/a.png" in text
    assert "optimizer" in text


def test_a_model_without_mistakes_and_without_history_has_a_page_too() -> None:
    assert "None." in report_page.render(report("a", "b"), [], {})


def test_the_surest_mistakes_are_kept_and_no_more() -> None:
    worst = WorstMistakes(["a", "b"], most=2)
    probabilities = np.array([[0.4, 0.6], [0.1, 0.9], [0.3, 0.7], [0.8, 0.2]])
    keys = ["0", "1", "größe", "right"]
    worst.see(np.array([0, 0, 0, 0]), probabilities, keys, [b"p0", b"p1", b"p2", b"p3"])
    kept = worst.worst_first()
    assert [(mistake.key, picture) for mistake, picture in kept] == [("1", b"p1"), ("größe", b"p2")]
    assert kept[0][0].predicted == "b"


def test_a_curve_of_one_point_can_be_drawn() -> None:
    drawn = charts.lines({"one": [(1.0, 0.5)]}, x_label="epoch")
    assert not re.search("nan|inf", drawn)
