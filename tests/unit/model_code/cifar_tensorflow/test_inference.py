from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.model_code.conftest import Container, Trained
from tests.unit.model_code.uploads import encode, picture

CLASSES = ["with space", "zażółć", "ünï"]
IMAGE, JSON, NPY = "application/x-image", "application/json", "application/x-npy"


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


PIXELS = [np.asarray(picture(label, 700 + label)) for label in range(3)]
BATCH = np.stack(PIXELS)

# By name: content type, body, and the labels that are expected, or a part of the refusal.
REQUESTS: dict[str, tuple[str, bytes, list[str] | str]] = {
    **{
        f"{kind} of {name}": (IMAGE, encode(picture(label, 700 + label), kind), [name])
        for label, name in enumerate(CLASSES)
        for kind in ("PNG", "JPEG")
    },
    "a larger picture": (IMAGE, encode(picture(2, 1, edge=96)), [CLASSES[2]]),
    "grey": (IMAGE, encode(picture(1, 1).convert("L")), [CLASSES[1]]),
    "content type with parameters": (
        "Application/X-Image; q=1",
        encode(picture(0, 1)),
        [CLASSES[0]],
    ),
    "one picture in JSON": (JSON, json.dumps(PIXELS[1].tolist()).encode(), [CLASSES[1]]),
    "several in JSON": (JSON, json.dumps(BATCH.tolist()).encode(), CLASSES),
    "instances": (JSON, json.dumps({"instances": BATCH.tolist()}).encode(), CLASSES),
    "one instance, bare": (JSON, json.dumps({"instances": PIXELS[2].tolist()}).encode(), ["ünï"]),
    "npy of bytes": (NPY, npy_bytes(BATCH), CLASSES),
    "npy of floats": (NPY, npy_bytes(PIXELS[0].astype(np.float32)), [CLASSES[0]]),
    "npy, big endian": (NPY, npy_bytes(BATCH.astype(">f8")), CLASSES),
    "CSV": ("text/csv", b"1,2", "Content-Type 'text/csv' is not supported; use application/x-im"),
    "nothing": (IMAGE, b"", "the body is empty"),
    "no picture": (IMAGE, b"hello", "the model cannot answer this request"),
    "cut off JSON": (JSON, b'{"instances": [', "the body is not JSON"),
    "JSON without instances": (JSON, b'{"images": []}', "of shape [16, 16, 3]"),
    "no pictures": (JSON, b"[]", "expected pixels 0..255 of shape [16, 16, 3]"),
    "another shape": (JSON, json.dumps([[[[1, 2, 3]]]]).encode(), "picture 0 is of another shape"),
    "words as pixels": (
        JSON,
        json.dumps(PIXELS[0].astype(str).tolist()).encode(),
        "picture 0 holds other values",
    ),
    "npy of another shape": (NPY, npy_bytes(np.zeros((2, 8, 8, 3))), "shape [2, 8, 8, 3]"),
    "npy of what is no number": (
        NPY,
        npy_bytes(np.full((16, 16, 3), np.nan)),
        "picture 0 holds other values",
    ),
    "npy of objects": (NPY, b"\x93NUMPY" + b"x" * 50, "the body has a header that cannot be read"),
    "no npy": (NPY, b"hello world, hello", "the body is not in NumPy's .npy format"),
    "npy without pictures": (NPY, npy_bytes(np.zeros((0, 16, 16, 3))), "shape [0, 16, 16, 3]"),
}


@pytest.fixture(scope="module")
def answers(
    container: Container, trained: Trained, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Every request's answer, of one process that has loaded the model."""
    file = tmp_path_factory.mktemp("requests") / "requests.json"
    requests = [
        {"content_type": content_type, "base64": base64.b64encode(body).decode()}
        for content_type, body, _ in REQUESTS.values()
    ]
    file.write_text(json.dumps(requests))
    answered = container.helper("ask_model", trained.model, file)
    return dict(zip(REQUESTS, answered, strict=True))


@pytest.mark.parametrize("name", REQUESTS)
def test_the_served_model_answers_or_says_what_is_wrong(name: str, answers: dict[str, Any]) -> None:
    answer, expected = answers[name], REQUESTS[name][2]
    if isinstance(expected, str):
        assert expected in answer["error"]
        return
    assert answer["content_type"] == "application/json"
    assert [found["label"] for found in answer["predictions"]] == expected
    for found in answer["predictions"]:
        assert found["confidence"] == max(found["probabilities"].values())
        assert list(found["probabilities"]) == CLASSES
        assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_a_picture_is_judged_alike_in_every_form(answers: dict[str, Any]) -> None:
    forms = [answers[name]["predictions"][0] for name in ("PNG of with space", "npy of floats")]
    assert forms[0]["confidence"] == pytest.approx(forms[1]["confidence"], abs=1e-4)


def test_the_served_code_needs_the_standard_library_only(trained: Trained) -> None:
    import ast
    import sys

    code = Path(trained.model / "code")
    for file in code.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("shared.serving")
