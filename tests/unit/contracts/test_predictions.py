from __future__ import annotations

import json
import math

import pytest

from contracts.predictions import (
    Prediction,
    PredictionsError,
    joined_row,
    labels_of,
    predictions_of,
    probabilities_of,
)

TWO = ("stays", "leaves")
THREE = ("setosa", "versicolor", "virginica")
JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv; charset=utf-8"


def ours(**changes: object) -> bytes:
    prediction = {
        "label": "leaves",
        "confidence": 0.75,
        "probabilities": {"stays": 0.25, "leaves": 0.75},
    }
    return json.dumps({"predictions": [{**prediction, **changes}]}).encode()


def test_json_of_our_own_code_names_its_classes() -> None:
    assert predictions_of(ours(), JSON, TWO) == [
        Prediction(label="leaves", confidence=0.75, probabilities=(0.25, 0.75))
    ]
    assert labels_of(ours(), JSON, ()) == ["leaves"]


def test_json_without_probabilities_still_tells_the_class() -> None:
    body = ours(probabilities=None)

    assert labels_of(body, JSON, TWO) == ["leaves"]
    with pytest.raises(PredictionsError, match="classes only"):
        probabilities_of(body, JSON, TWO)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"0.9", ["leaves"]),
        (b"0.9,0.1,0.2", ["leaves", "stays", "stays"]),
        (b"0.9\n0.1\n", ["leaves", "stays"]),
        (b"[0.9, 0.1],[0.2, 0.8]", ["stays", "leaves"]),
        (b"0.1,0.9", ["stays", "leaves"]),
    ],
)
def test_csv_of_two_classes_is_the_probability_of_the_second_or_a_list(
    body: bytes, expected: list[str]
) -> None:
    assert labels_of(body, CSV, TWO) == expected


def test_the_number_of_rows_tells_lists_without_brackets_from_single_numbers() -> None:
    assert labels_of(b"0.1,0.9", CSV, TWO, rows=1) == ["leaves"]
    assert labels_of(b"0.1,0.9", CSV, TWO, rows=2) == ["stays", "leaves"]
    assert labels_of(b"1.0,0.0,0.0", CSV, THREE, rows=1) == ["setosa"]
    assert labels_of(b"1.0,0.0,0.0", CSV, THREE, rows=3) == ["versicolor", "setosa", "setosa"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[0.1, 0.7, 0.2]", ["versicolor"]),
        (b"[0.1, 0.7, 0.2],[1e-05, 0.0, 0.99999]", ["versicolor", "virginica"]),
        (b"[0.1, 0.7, 0.2]\n[0.8, 0.1, 0.1]\n", ["versicolor", "setosa"]),
        (b'"[0.1, 0.7, 0.2]"\n', ["versicolor"]),
        (b"0.1,0.7,0.2\n0.8,0.1,0.1\n", ["versicolor", "setosa"]),
        (b"0.1,0.7,0.2,0.8,0.1,0.1", ["versicolor", "setosa"]),
        (b"2.0\n0.0\n", ["virginica", "setosa"]),
        (b"2.0,2.0", ["virginica", "virginica"]),
    ],
)
def test_csv_of_more_classes_is_a_list_a_row_or_the_class_index(
    body: bytes, expected: list[str]
) -> None:
    assert labels_of(body, CSV, THREE) == expected


def test_probabilities_are_by_class_index_whoever_answers() -> None:
    assert probabilities_of(b"0.75", CSV, TWO) == [[0.25, 0.75]]
    assert probabilities_of(ours(), JSON, TWO) == [[0.25, 0.75]]
    assert probabilities_of(b'{"predictions": [{"score": 0.75}]}', JSON, TWO) == [[0.25, 0.75]]
    lines = b'{"score": [0.5, 0.25, 0.25]}\n{"score": [0.0, 0.0, 1.0]}\n'
    assert probabilities_of(lines, LINES, THREE) == [[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]


def test_a_class_index_has_no_probabilities() -> None:
    with pytest.raises(PredictionsError, match="classes only"):
        probabilities_of(b"2.0", CSV, THREE)


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b"1.5", CSV, "probability from 0 to 1"),
        (b"nan", CSV, "probability from 0 to 1"),
        (b"a,b", CSV, "expected numbers"),
        (b"[0.5, 0.5] 3", CSV, "nothing beside them"),
        (b"[0.5, 0.1]", CSV, "add up to 1"),
        (b"[0.5, 0.25, 0.25]", CSV, "expected 2 probabilities"),
        (b"\xff", CSV, "utf-8"),
        (b"not json", JSON, "not JSON"),
        (b"[]", JSON, "predictions"),
        (b'{"predictions": [1]}', JSON, "an object for each row"),
        (b'{"predictions": [{"score": "a"}]}', JSON, "expected numbers"),
        (b'{"predictions": [{"label": 1, "confidence": 1}]}', JSON, '"label", a text'),
        (ours(confidence=2), JSON, "from 0 to 1"),
        (ours(probabilities={"stays": 1.0}), JSON, "those of stays, leaves"),
        (ours(probabilities={"stays": -1.0, "leaves": 2}), JSON, "numbers from 0 to 1"),
        (b"0.5", "application/x-npy", "is not read"),
    ],
)
def test_what_is_no_answer_is_refused_and_shown(body: bytes, content_type: str, told: str) -> None:
    with pytest.raises(PredictionsError) as caught:
        predictions_of(body, content_type, TWO)

    assert told in str(caught.value)
    assert "the answer was" in str(caught.value)


def test_an_answer_for_another_number_of_rows_is_refused() -> None:
    with pytest.raises(PredictionsError, match="for 3 rows, got 1"):
        labels_of(ours(), JSON, TWO, rows=3)


def test_csv_cannot_be_read_without_the_names_of_the_classes() -> None:
    with pytest.raises(PredictionsError, match="classes' names"):
        labels_of(b"0.5", CSV, ())


def test_a_joined_line_holds_truth_features_and_answer() -> None:
    row = joined_row("1,5.1,,0.75\n", features=2, classes=TWO)

    assert row.label == 1
    assert row.features[0] == 5.1
    assert math.isnan(row.features[1])
    assert row.prediction.label == "leaves"


@pytest.mark.parametrize("answer", ["[0.1, 0.7, 0.2]", '"[0.1, 0.7, 0.2]"', "0.1,0.7,0.2", "1.0"])
def test_a_joined_line_may_end_in_any_answer(answer: str) -> None:
    row = joined_row(f"0,5.1,3.5,{answer}", features=2, classes=THREE)

    assert row.prediction.label == "versicolor"


@pytest.mark.parametrize("line", ["", "1,5.1", "x,5.1,3.5,0.5", "1,a,3.5,0.5", "1,5.1,3.5,"])
def test_a_line_that_is_not_joined_is_refused(line: str) -> None:
    with pytest.raises(PredictionsError, match=r"expected"):
        joined_row(line, features=2, classes=TWO)
