"""What the endpoint understands and answers: SageMaker's TensorFlow Serving container calls this.

The container passes `input_handler`'s text to TensorFlow Serving's REST interface and its answer
to `output_handler`:
https://github.com/aws/sagemaker-tensorflow-serving-container#prepost-processing

    request                                              answer
    application/x-image  one PNG, JPEG, GIF or BMP       {"predictions": [{"label": "cat",
    application/json     pixels 0..255, [rows, columns,    "confidence": 0.98,
                         3] or a list of such, or          "probabilities": {"cat": 0.98, ...}}]}
                         {"instances": that list}
    application/x-npy    the same as a .npy file

What a handler raises the container answers with status 500 and {"error": text}, whichever the
exception: a request's own faults cannot be told by the status there, so the text names them.

The container has neither NumPy nor TensorFlow, and installs nothing when it is isolated from the
network: standard library only.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

from shared.serving import npy

CONTENT_TYPES = ("application/x-image", "application/json", "application/x-npy")
ACCEPTED = frozenset({"application/json", "application/*", "*/*"})
_CODE = Path(__file__).resolve().parents[2]
"""The folder of inference.py in the model's archive, where `shared` is a folder of it."""


class BadRequestError(ValueError):
    """A request that this model cannot answer; the text says what is allowed."""


def input_handler(data: Any, context: Any) -> str:
    """TensorFlow Serving's request for what a client sent.

    Args:
        data: the body, with a `read` that gives bytes.
        context: with `request_content_type` and `accept_header`.

    Raises:
        BadRequestError: the content type, the form or the shape is not allowed.
    """
    content_type = _media_type(context.request_content_type)
    accepted = {_media_type(part) for part in (context.accept_header or "*/*").split(",")}
    if not accepted & ACCEPTED:
        raise BadRequestError(
            f"Accept {context.accept_header!r} is not supported; answers are application/json"
        )
    if content_type not in CONTENT_TYPES:
        raise BadRequestError(
            f"Content-Type {content_type!r} is not supported; use {', '.join(CONTENT_TYPES)}"
        )
    body = data.read()
    if not body:
        raise BadRequestError(f"the body is empty; expected {content_type}")
    if content_type == "application/x-image":
        encoded = base64.b64encode(body).decode("ascii")
        return json.dumps({"signature_name": "serving_bytes", "instances": [{"b64": encoded}]})
    images = _from_npy(body) if content_type == "application/x-npy" else _from_json(body)
    for number, image in enumerate(images):
        _check_image(image, number)
    return json.dumps({"signature_name": "serving_default", "instances": images})


def output_handler(response: Any, context: Any) -> tuple[str, str]:
    """Body and content type of the answer.

    Args:
        response: TensorFlow Serving's, with `status_code` and `content`.

    Raises:
        BadRequestError: TensorFlow Serving refused the request.
    """
    content = response.content
    if response.status_code != 200:
        text = content.decode("utf-8", errors="replace") if isinstance(content, bytes) else content
        raise BadRequestError(f"the model cannot answer this request: {_reason(text)}")
    rows = json.loads(content)["predictions"]
    return json.dumps({"predictions": [_prediction(row) for row in rows]}), "application/json"


def _prediction(row: Any) -> dict[str, Any]:
    probabilities = row["probabilities"] if isinstance(row, dict) else row
    by_class = dict(zip(_classes(), probabilities, strict=True))
    label = max(by_class, key=lambda name: by_class[name])
    return {"label": label, "confidence": by_class[label], "probabilities": by_class}


def _from_json(body: bytes) -> list[Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    if isinstance(document, dict):
        if "instances" not in document:
            raise BadRequestError(f'{_wanted()}; or {{"instances": [those]}}')
        document = document["instances"]
    images = [document] if _depth(document) == len(_image_shape()) else document
    if not isinstance(images, list) or not images:
        raise BadRequestError(_wanted())
    return images


def _from_npy(body: bytes) -> list[Any]:
    wanted = _image_shape()
    try:
        shape = npy.shape_of(body)
        if shape != wanted and (shape[1:] != wanted or not shape[0]):
            raise BadRequestError(f"{_wanted()}, got an array of shape {list(shape)}")
        array = npy.nested_list(body)
    except npy.NpyError as error:
        raise BadRequestError(f"the body {error}") from error
    return [array] if shape == wanted else array


def _check_image(image: Any, number: int) -> None:
    """Every list's length and every pixel: TensorFlow Serving's own words help nobody here."""
    level = [image]
    for edge in _image_shape():
        if not all(isinstance(item, list) and len(item) == edge for item in level):
            raise BadRequestError(f"{_wanted()}; picture {number} is of another shape")
        level = [inner for item in level for inner in item]
    if not all(isinstance(pixel, int | float) and 0 <= pixel <= 255 for pixel in level):
        raise BadRequestError(f"{_wanted()}; picture {number} holds other values")


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth


def _wanted() -> str:
    return f"expected pixels 0..255 of shape {list(_image_shape())}, or a list of such pictures"


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


@cache
def _classes() -> tuple[str, ...]:
    return tuple(json.loads((_CODE / "classes.json").read_text(encoding="utf-8")))


@cache
def _image_shape() -> tuple[int, ...]:
    facts = json.loads((_CODE / "model.json").read_text(encoding="utf-8"))
    return tuple(facts["image_shape"])
