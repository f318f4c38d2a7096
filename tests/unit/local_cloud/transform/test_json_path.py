from __future__ import annotations

from typing import Any

import pytest

from local_cloud.sagemaker.transform.json_path import JsonPathError, NoMatchError, parse

ROW = ["a", "b", "c", "d"]
RECORD = {"id": 1, "SageMakerOutput": [5, 6], "x": {"y": 2, "z": 3}, "odd, name": 4}


@pytest.mark.parametrize(
    ("expression", "value", "selected"),
    [
        ("$", ROW, ROW),
        ("", ROW, ROW),
        ("$[1:]", ROW, ["b", "c", "d"]),
        ("$[:2]", ROW, ["a", "b"]),
        ("$[1]", ROW, "b"),
        ("$[0,-1]", ROW, ["a", "d"]),
        ("$[0,2:]", ROW, ["a", "c", "d"]),
        ("$.SageMakerOutput", RECORD, [5, 6]),
        ("$.SageMakerOutput[1]", RECORD, 6),
        ("$['id','SageMakerOutput']", RECORD, {"id": 1, "SageMakerOutput": [5, 6]}),
        ("$.x.['y','z']", RECORD, {"y": 2, "z": 3}),
        ("$['odd, name']", RECORD, 4),
        ('$["x"]["y"]', RECORD, 2),
        ("$.x.*", RECORD, [2, 3]),
        ("$[*].a", [{"a": 1}, {"a": 2}], [1, 2]),
        ("$[*][0:2]", [[1, 2, 3], [4]], [1, 2, 4]),
    ],
)
def test_a_path_selects_what_aws_documents(expression: str, value: Any, selected: Any) -> None:
    assert parse(expression).select(value) == selected


@pytest.mark.parametrize(
    "expression", ["id", "$..id", "$[?(@.a)]", "$[]", "$.a b", "$[1", "$[@]", "$['a',1]"]
)
def test_an_expression_that_aws_does_not_take_is_refused(expression: str) -> None:
    with pytest.raises(JsonPathError, match="operators"):
        parse(expression)


@pytest.mark.parametrize(
    ("expression", "value", "reason"),
    [
        ("$[9]", ROW, "index 9 is outside of the 4"),
        ("$[-5]", ROW, "index -5 is outside of the 4"),
        ("$.nobody", RECORD, "there is no 'nobody'; there are 'id'"),
        ("$['id','nobody']", RECORD, "there is no 'nobody'"),
        ("$.id.more", RECORD, "no object to take 'more' from"),
        ("$.id[0]", RECORD, "no list"),
        ("$.id.*", RECORD, "neither"),
    ],
)
def test_a_value_without_what_is_selected_is_told_of(
    expression: str, value: Any, reason: str
) -> None:
    with pytest.raises(NoMatchError, match=reason):
        parse(expression).select(value)
