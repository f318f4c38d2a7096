"""Training-serving skew: the served model must answer as the tested one does."""

from __future__ import annotations

import json

import pytest

from contracts.samples import IMAGE, Sample, Samples
from shared.evaluation import served_answers
from shared.evaluation.models import Asked
from shared.faults import RefusedError
from tests.unit.model_code.shared.evaluation.conftest import GOOD, SPECIES, Run
from tests.unit.model_code.shared.evaluation.linear_predictor import LinearPredictor

ASKED = Asked(
    LinearPredictor({"classes": list(SPECIES), "weights": GOOD.tolist()}), SPECIES, size_bytes=1
)


def answer(run: Run, *, turned_over: int = 0, left_out: int = 0) -> None:
    """Joined lines as batch transform writes them; `turned_over` of them by another model."""
    lines = []
    for number, (label, row) in enumerate(zip(run.labels, run.rows, strict=True)):
        probabilities = ASKED.probabilities([row])[0].tolist()
        if number < turned_over:
            probabilities = probabilities[::-1]
        lines.append(f"{label},{','.join(map(repr, row))},{json.dumps(probabilities)}\n")
    (run.folder / "transform").mkdir()
    text = "".join(lines[: len(lines) - left_out])
    (run.folder / "transform" / "part-00000.csv.out").write_text(text)


def test_a_table_served_as_it_was_tested_agrees(run: Run) -> None:
    answer(run)
    found = run.judge().report.batch_transform
    assert found is not None
    assert (found.rows, found.agreeing, found.agreement) == (90, 90, 1.0)


def test_a_table_served_otherwise_fails_with_the_rows(run: Run) -> None:
    answer(run, turned_over=4)
    with pytest.raises(RefusedError, match="training-serving skew") as caught:
        run.judge()
    assert any("part-00000.csv.out:1: served 'virginica'" in one for one in caught.value.faults)


def test_rows_without_an_answer_fail(run: Run) -> None:
    answer(run, left_out=1)
    with pytest.raises(RefusedError, match="89 answers to 90 rows"):
        run.judge()


def test_answers_that_are_not_there_fail(run: Run) -> None:
    (run.folder / "transform").mkdir()
    with pytest.raises(RefusedError, match="there is not one"):
        run.judge()


def test_a_line_that_is_no_answer_fails_with_its_place(run: Run) -> None:
    answer(run)
    with (run.folder / "transform" / "part-00000.csv.out").open("a") as file:
        file.write("0,1.0\n")
    with pytest.raises(RefusedError, match=r"part-00000\.csv\.out:91"):
        run.judge()


def served_picture(run: Run, *, label: str, sent: list[float], beside: str = "") -> None:
    """One sample, which stands for a picture, and what was served for it."""
    samples, transform = run.folder / "samples", run.folder / "transform"
    for folder in (samples / "files", transform / beside):
        folder.mkdir(parents=True)
    (samples / "files" / "00.png").write_bytes(json.dumps(sent).encode())
    sample = Sample(file="files/00.png", label="setosa", key="k")
    index = Samples(content_type=IMAGE, classes=SPECIES, samples=(sample,))
    (samples / "samples.json").write_text(index.to_json())
    body = {"predictions": [{"label": label, "confidence": 0.9}]}
    (transform / beside / "00.png.out").write_text(json.dumps(body))


@pytest.mark.parametrize("beside", ["", "files"])
def test_pictures_are_compared_by_the_samples(run: Run, beside: str) -> None:
    served_picture(run, label="setosa", sent=[1.0, 0.0], beside=beside)
    found = served_answers.of_images(run.folder / "transform", run.folder / "samples", ASKED)
    assert (found.rows, found.agreement) == (1, 1.0)


def test_a_picture_served_otherwise_fails(run: Run) -> None:
    served_picture(run, label="virginica", sent=[1.0, 0.0])
    with pytest.raises(RefusedError, match="served 'virginica', here 'setosa'"):
        served_answers.of_images(run.folder / "transform", run.folder / "samples", ASKED)


def test_two_classes_that_are_level_may_turn_over(run: Run) -> None:
    served_picture(run, label="virginica", sent=[0.00001, 0.0])
    found = served_answers.of_images(run.folder / "transform", run.folder / "samples", ASKED)
    assert found.agreement == 1.0


def test_a_picture_without_an_answer_fails(run: Run) -> None:
    served_picture(run, label="setosa", sent=[1.0, 0.0])
    (run.folder / "transform" / "00.png.out").unlink()
    with pytest.raises(RefusedError, match=r"00\.png\.out"):
        served_answers.of_images(run.folder / "transform", run.folder / "samples", ASKED)
