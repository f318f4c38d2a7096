"""What inference.py may define, and what stands in where it lacks a function."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-torch.txt is not installed")

from local_cloud.containers import pytorch_serving_defaults as defaults  # noqa: E402
from local_cloud.containers.pytorch_serving_handlers import (  # noqa: E402
    Answer,
    Handlers,
    HandlersError,
)

MODEL = "import torch\ndef model_fn(model_dir):\n    return torch.nn.Flatten(0)\n"


class Codes:
    """Writes modules of names of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def handlers(self, name: str, code: str, default_accept: str = "application/json") -> Handlers:
        (self.folder / f"{name}.py").write_text(code)
        return Handlers(name, str(self.folder), default_accept)


@pytest.fixture
def codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Codes:
    monkeypatch.syspath_prepend(str(tmp_path))
    return Codes(tmp_path)


def ask(handlers: Handlers, body: bytes, kind: str, accept: str = "*/*") -> Answer:
    return handlers.answer({"content-type": kind, "accept": accept}, body)


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[[1.5, 2], [3, 4]]", "application/json"),
        (b"1.5,2\n3,4\n", "text/csv"),
        (npy(np.array([[1.5, 2], [3, 4]])), "application/x-npy"),
    ],
)
def test_the_defaults_read_and_write_what_the_toolkit_does(
    codes: Codes, body: bytes, kind: str
) -> None:
    handlers = codes.handlers(f"plain_{kind[-3:]}", MODEL)
    answer = ask(handlers, body, kind)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.body) == [1.5, 2, 3, 4]
    assert ask(handlers, body, kind, "text/csv").body == b"1.5\n2.0\n3.0\n4.0\n"
    answered = ask(handlers, body, kind, "image/png, application/x-npy")
    assert np.load(io.BytesIO(answered.body)).tolist() == [1.5, 2, 3, 4]


@pytest.mark.parametrize(
    ("kind", "accept", "named"),
    [("image/png", "*/*", "image/png"), ("application/json", "image/png", "image/png")],
)
def test_a_type_that_the_defaults_do_not_know_is_told(
    codes: Codes, kind: str, accept: str, named: str
) -> None:
    handlers = codes.handlers(f"types_{kind[-3:]}", MODEL)
    answer = ask(handlers, b"[1]", kind, accept)
    assert answer.status == 500
    assert f"Content type {named} is not supported by this framework" in answer.body.decode()


def test_an_npy_with_pickles_in_it_is_refused(codes: Codes) -> None:
    handlers = codes.handlers("pickles", MODEL)
    answer = ask(handlers, npy(np.array([{}], dtype=object)), "application/x-npy")
    assert answer.status == 500
    assert "allow_pickle=False" in answer.body.decode()


def test_transform_fn_does_all_by_itself_and_names_its_type(codes: Codes) -> None:
    code = (
        "def model_fn(model_dir):\n    return 3\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    return str(model * len(body)), 'text/plain'\n"
    )
    answer = ask(codes.handlers("whole", code), b"ab", "text/csv")
    assert (answer.status, answer.body, answer.content_type) == (200, b"6", "text/plain")


def test_transform_fn_beside_another_function_is_refused(codes: Codes) -> None:
    code = MODEL + "def transform_fn(*_): ...\ndef input_fn(body, content_type): ...\n"
    with pytest.raises(HandlersError, match="Cannot use transform_fn"):
        codes.handlers("both", code)


def test_a_function_is_given_the_context_where_it_takes_one(codes: Codes) -> None:
    code = (
        "def model_fn(model_dir, context):\n    return context.system_properties['model_dir']\n"
        "def input_fn(body, content_type, context):\n"
        "    return context.get_request_header(0, 'X-Own')\n"
        "def predict_fn(data, model):\n    return [data, model]\n"
        "def output_fn(prediction, accept, context):\n"
        "    context.set_response_status(code=202, idx=0)\n"
        "    context.set_response_header(0, 'x-seen', 'yes')\n"
        "    return prediction\n"
    )
    handlers = codes.handlers("contextual", code)
    answer = handlers.answer({"content-type": "text/csv", "x-own": "mine"}, b"")
    assert (answer.status, answer.headers) == (202, {"x-seen": "yes"})
    assert json.loads(answer.body) == ["mine", str(codes.folder)]
    assert handlers.answer({"content-type": "text/csv"}, b"").status == 202


def test_a_function_of_other_parameters_is_told(codes: Codes) -> None:
    handlers = codes.handlers("narrow", MODEL + "def input_fn(body): ...\n")
    answer = ask(handlers, b"", "text/csv")
    assert answer.status == 500
    assert "input_fn takes 1 arguments but 2 were given." in answer.body.decode()


def test_bytes_arrive_as_a_bytearray_and_text_as_text(codes: Codes) -> None:
    code = (
        "def model_fn(model_dir):\n    return None\n"
        "def transform_fn(model, body, content_type, accept):\n    return type(body).__name__\n"
    )
    handlers = codes.handlers("kinds", code)
    assert ask(handlers, b"1", "application/x-image").body == b"bytearray"
    assert ask(handlers, b"1", "text/csv").body == b"str"


def test_the_default_model_fn_wants_one_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Exactly one \.pth or \.pt file is required"):
        defaults.model_fn(str(tmp_path))
    for name in ("a.pt", "b.pth"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=r"'a\.pt', 'b\.pth'"):
        defaults.model_fn(str(tmp_path))
