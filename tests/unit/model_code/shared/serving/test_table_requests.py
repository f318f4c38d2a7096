from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.predictions import predictions_of
from shared.serving import tables

FEATURES = ("length", "width")
CLASSES = ("no", "yes")


def test_rows_come_as_csv_and_as_json() -> None:
    from_csv = tables.rows_of(b"1,2.5\r\n-3e1,4\n", "text/csv; charset=utf-8", FEATURES)
    from_json = tables.rows_of(b'{"instances": [[1, 2.5], [-30, 4]]}', "application/json", FEATURES)
    assert from_csv == from_json == [[1, 2.5], [-30, 4]]


def test_what_is_missing_is_no_number() -> None:
    ((first, _),) = tables.rows_of(b",2", "text/csv", FEATURES)
    ((_, second),) = tables.rows_of(b'{"instances": [[1, null]]}', "application/json", FEATURES)
    assert math.isnan(first)
    assert math.isnan(second)


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b"1,2,3", "text/csv", "row 1: expected 2 features (length, width), got ['1', '2', '3']"),
        (b"1,2\n1,x", "text/csv", "could not convert string to float: 'x'"),
        (b"1,inf", "text/csv", "row 1: 'inf' is not a finite number"),
        (b"1,nan", "text/csv", "row 1: 'nan' is not a finite number"),
        (b"\n", "text/csv", "the request holds no row"),
        (b"\xff", "text/csv", "is not text/csv as expected"),
        (b'{"rows": []}', "application/json", "KeyError('instances')"),
        (b'{"instances": [3]}', "application/json", "row 1: expected 2 features"),
        (b'{"instances": [[1, [2]]]}', "application/json", "is not application/json as expected"),
        (b"1,2", "image/png", "'image/png' is not read; send text/csv or application/json"),
    ],
)
def test_another_request_is_refused_with_what_is_wrong(
    body: bytes, content_type: str, told: str
) -> None:
    with pytest.raises(tables.BadRequestError) as caught:
        tables.rows_of(body, content_type, FEATURES)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("image/png, text/csv;q=0.5", "text/csv"),
    ],
)
def test_an_answer_is_what_the_readers_of_answers_expect(accept: str, kind: str) -> None:
    body, written = tables.answer([[0.25, 0.75], [1.0, 0.0]], accept, CLASSES)
    assert written == kind
    found = predictions_of(body.encode(), written, CLASSES, rows=2)
    assert [(item.label, item.confidence) for item in found] == [("yes", 0.75), ("no", 1.0)]


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(tables.BadRequestError, match="accept application/json or text/csv"):
        tables.answer([[0.5, 0.5]], "image/png", CLASSES)


HANDLE = """
import io, json
from types import SimpleNamespace as Given
from inference import input_handler, output_handler

context = Given(request_content_type="text/csv", accept_header="text/csv")
print(input_handler(io.BytesIO(b"1,2"), context))
answered = Given(status_code=200, content=b'{"predictions": [[0.25, 0.75]]}')
print(*output_handler(answered, context))
try:
    output_handler(Given(status_code=400, content=b"no"), context)
except ValueError as error:
    print(error)
"""


def test_the_handlers_find_the_names_in_the_models_archive(tmp_path: Path) -> None:
    """Without anything but the standard library, as in TensorFlow Serving's container."""
    serving = tmp_path / "shared" / "serving"
    shutil.copytree(Path(tables.__file__).parent, serving)
    (tmp_path / "shared" / "__init__.py").touch()
    facts = {"features": FEATURES, "classes": CLASSES}
    (tmp_path / "model.json").write_text(json.dumps(facts))
    (tmp_path / "inference.py").write_text(
        "from shared.serving.tensorflow_table_handlers import input_handler, output_handler\n"
        '__all__ = ["input_handler", "output_handler"]\n'
    )
    # -S: no installed packages.
    finished = subprocess.run(
        [sys.executable, "-S", "-c", HANDLE], cwd=tmp_path, capture_output=True, text=True
    )
    assert finished.stdout.splitlines() == [
        '{"signature_name": "serving_default", "instances": [[1.0, 2.0]]}',
        "[0.25, 0.75]",
        " text/csv",
        "the model cannot answer this request: no",
    ], finished.stderr
