"""The page of an evaluation: whole in one file, and whatever names the data has, harmless."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
from PIL import Image

from contracts.evaluation_report import (
    BatchTransform,
    Champion,
    Comparison,
    EvaluationReport,
    Gate,
    Metric,
    Mistake,
    Plot,
    RocPoint,
    ServedModel,
    Trial,
    Tuning,
)
from shared.evaluation import charts, report_page
from shared.evaluation.mistakes import WorstMistakes
from shared.evaluation.tally import Tally

HOSTILE = '<script>alert("1")</script>'
CURVE = (
    {"epoch": 1, "loss": 2.0, "accuracy": 0.3, "val_loss": 1.5, "val_accuracy": 0.4},
    {"epoch": 2, "loss": 1.0, "accuracy": 0.6, "val_loss": 0.9, "val_accuracy": 0.7},
)
TUNING = Tuning(
    metric="val_accuracy",
    goal="Maximize",
    trials=(
        Trial(
            training_job="tune-1",
            status="Completed",
            objective=0.9,
            hyperparameters={"learning-rate": "0.00123456789", "optimizer": "adam"},
        ),
        Trial(
            training_job="tune-2",
            status="Completed",
            objective=0.7,
            hyperparameters={"learning-rate": "0.1", "optimizer": "sgd"},
        ),
        Trial(training_job="tune-3", status="Failed", objective=None, hyperparameters={}),
    ),
)


def picture() -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (4, 4), (200, 10, 10)).save(encoded, "PNG")
    return encoded.getvalue()


def report(*classes: str, **more: Any) -> EvaluationReport:
    """Right every time but once: the first class is taken for the second."""
    edge = len(classes)
    labels = np.array([0, *range(edge), *range(edge)])
    probabilities = np.full((len(labels), edge), 0.1 / max(1, edge - 1))
    probabilities[np.arange(len(labels)), labels] = 0.9
    probabilities[0] = probabilities[0][[1, 0, *range(2, edge)]]
    tally = Tally(classes, classes)
    tally.see(labels, probabilities)
    parts: dict[str, Any] = {
        "metrics": tally.metrics(),
        "classes": classes,
        "confusion_matrix": tally.matrix(),
        "per_class": tally.per_class(),
        "rows": tally.rows,
        "calibration": tally.calibration(),
        "learning_curve": CURVE,
        "hyperparameters": {"optimizer": "sgd"},
    }
    return EvaluationReport(**{**parts, **more})


def page(of: EvaluationReport, *mistakes: Mistake) -> str:
    return report_page.render(of, [(mistake, picture()) for mistake in mistakes])


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
    trial = Trial(
        training_job=HOSTILE, status=HOSTILE, objective=0.5, hyperparameters={HOSTILE: HOSTILE}
    )
    other = Trial(training_job="b", status="b", objective=0.4, hyperparameters={HOSTILE: "b"})
    of = report(
        HOSTILE,
        "b",
        tuning=Tuning(metric=HOSTILE, goal="Maximize", trials=(trial, other)),
        learning_curve=({"epoch": 1, HOSTILE: 0.5},),
        hyperparameters={HOSTILE: HOSTILE},
        lineage={"workload": HOSTILE, HOSTILE: HOSTILE},
        plots=(Plot(file=HOSTILE, missing=HOSTILE),),
        champion=Champion(
            model_package_arn=HOSTILE,
            dataset_version=HOSTILE,
            metrics={"accuracy": Metric(value=0.5)},
            unknown_classes=(HOSTILE,),
        ),
    )
    written = page(of, mistake)
    assert "script" not in Tags(written).names
    assert written.count("&lt;script&gt;") > 10
    many = page(report(HOSTILE, *map(str, range(60))))
    assert "script" not in Tags(many).names


def test_a_name_cannot_turn_the_reading_direction_around() -> None:
    assert "\u202e" not in page(report("gpj.\u202eexe", "b"))


def test_a_browser_is_told_to_run_and_load_nothing() -> None:
    found = re.search(
        r'http-equiv="Content-Security-Policy" content="([^"]+)"', page(report("a", "b"))
    )
    assert found
    assert "default-src 'none'" in found[1]
    assert "script-src" not in found[1]
    assert "unsafe" not in found[1]


def test_the_page_needs_no_other_file() -> None:
    mistake = Mistake(key="a.png", label="a", predicted="b", confidence=0.8)
    found = Tags(page(report("a", "b"), mistake))
    assert found.sources
    assert all(source.startswith("data:image/png;base64,") for source in found.sources)
    assert "link" not in found.names


def test_the_page_shows_figures_curves_matrix_classes_mistakes_and_hyperparameters() -> None:
    mistake = Mistake(key="uploads/a.png", label="cat", predicted="dog", confidence=0.8)
    text = page(report("cat", "dog"), mistake)
    assert "accuracy<b>0.8000" in text
    assert text.count("<svg") == 3
    assert "cat taken for <b>dog</b> (0.800)" in text
    assert "uploads/a.png" in text
    assert "optimizer" in text


def test_a_model_without_mistakes_and_without_history_has_a_page_too() -> None:
    text = page(report("a", "b", learning_curve=()))
    assert "every prediction was right" in text
    assert "Learning curves" not in text


def test_the_candidate_stands_beside_the_champion_and_the_gate() -> None:
    metrics = {"accuracy": Metric(value=0.9), "log_loss": Metric(value=0.1)}
    of = report(
        "a",
        "b",
        comparison=Comparison(metric="accuracy", candidate=0.8, champion=0.9, shortfall=0.1),
        champion=Champion(model_package_arn="arn:p/3", dataset_version="d1", metrics=metrics),
        gate=Gate(floor=0.7, margin=0.01),
    )
    text = page(of)
    assert "Does not pass the gate:" in text
    assert "accuracy is 0.1000 below the champion&#x27;s, 0.01 is allowed" in text
    assert '<span class="worse">-0.1000 (worse)</span>' in text
    assert "arn:p/3" in text


def test_a_first_run_says_that_it_stands_alone() -> None:
    comparison = Comparison(metric="accuracy", candidate=0.8, champion=None, shortfall=0.0)
    text = page(report("a", "b", comparison=comparison, gate=Gate(floor=0.7, margin=0.01)))
    assert "Passes the gate:" in text
    assert "No approved model was compared" in text


def test_trials_are_listed_best_first_and_drawn_over_what_they_tried() -> None:
    text = page(report("a", "b", tuning=TUNING))
    assert text.index("tune-1") < text.index("tune-2") < text.index("tune-3")
    assert "<h3>learning-rate</h3><svg" in text
    assert "<h3>optimizer</h3><svg" in text
    assert "0.0012346" in text


def test_size_latency_served_answers_lineage_and_missing_plots_are_told() -> None:
    of = report(
        "a",
        "b",
        roc=(
            RocPoint(false_positive_rate=0.0, true_positive_rate=0.0),
            RocPoint(false_positive_rate=1.0, true_positive_rate=1.0),
        ),
        model=ServedModel(size_bytes=2_500_000, latency_ms_p50=1.5, latency_ms_p95=3.25),
        batch_transform=BatchTransform(rows=12, agreeing=12, agreement=1.0),
        lineage={"workload": "birds", "dataset_version": "f" * 64},
        plots=(Plot(file="roc.png"), Plot(file="calibration.png", missing="no matplotlib")),
    )
    text = page(of)
    for told in ("2.5 MB", "1.5 ms", "12 of 12 answers", "f" * 64, "no matplotlib", "ROC"):
        assert told in text, told
    assert "Evaluation of birds" in text


def test_two_hundred_classes_are_a_picture_and_the_worst_of_them() -> None:
    names = tuple(f"class-{number:03d}" for number in range(200))
    text = page(report(*names))
    assert '<table class="matrix' not in text
    assert "class-000 taken for class-001: 1 of 3" in text
    assert "180 more classes" in text
    assert len(text) < 500_000


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


def test_names_that_are_too_wide_together_stand_upright_over_the_matrix() -> None:
    assert '<table class="matrix">' in page(report("cat", "dog"))
    assert '<table class="matrix upright">' in page(report(*(f"{n} albatross" for n in range(9))))
