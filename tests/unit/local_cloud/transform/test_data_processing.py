from __future__ import annotations

from typing import Any

import pytest

from local_cloud.sagemaker.transform.data_processing import (
    DataProcessing,
    RecordError,
    of_request,
)


def processing(content_type: str, **given: str) -> DataProcessing:
    request: dict[str, Any] = {
        "DataProcessing": given,
        "TransformInput": {"ContentType": content_type},
    }
    made = of_request(request)
    assert made is not None
    return made


def test_filters_that_select_all_leave_records_alone() -> None:
    given = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert of_request({"DataProcessing": given, "TransformInput": {}}) is None


def test_a_joined_row_keeps_its_input_byte_by_byte() -> None:
    joining = processing("text/csv; charset=utf-8", JoinSource="Input")
    row = b'1, "a" ,007,1.50'
    assert joining.model_input(row) == row
    assert joining.outputs([row], b"0.5,0.25\n") == [row + b",0.5,0.25"]


def test_an_input_that_is_no_object_is_put_beside_its_prediction() -> None:
    joining = processing("application/json", JoinSource="Input")
    (output,) = joining.outputs([b"[1, 2]"], b'{\n  "predictions": [0.5]\n}')
    assert output == b'{"SageMakerInput":[1,2],"SageMakerOutput":{"predictions":[0.5]}}'


def test_an_output_filter_alone_selects_from_the_prediction() -> None:
    assert processing("text/csv", OutputFilter="$[1]").outputs([b"1"], b"3,4") == [b"4"]
    assert processing("application/json", OutputFilter="$.a").outputs([b"1"], b'{"a":2}') == [b"2"]


@pytest.mark.parametrize(
    ("content_type", "answer", "reason"),
    [
        ("text/csv", b"0.5", "answered 1 lines for 2 records"),
        ("application/jsonlines", b"{}\n{}\n{}", "answered 3 lines for 2 records"),
        ("application/jsonlines", b"1\nyes", "Failed to parse output from the algorithm as JSON"),
    ],
)
def test_an_answer_that_fits_no_record_is_told_of(
    content_type: str, answer: bytes, reason: str
) -> None:
    with pytest.raises(RecordError, match=reason):
        processing(content_type, JoinSource="Input").outputs([b"1", b"2"], answer)


def test_a_record_that_is_not_of_the_content_type_is_told_of() -> None:
    with pytest.raises(RecordError, match="Failed to parse input as JSON"):
        processing("application/json", InputFilter="$.a").model_input(b"1,2")
