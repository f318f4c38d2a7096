"""Pictures in a request, and the answer for them; for an endpoint's `inference.py`.

    request                                              answer
    application/x-image  one PNG, JPEG, GIF or BMP       {"predictions": [{"label": "cat",
    application/json     pixels 0..255, [rows, columns,    "confidence": 0.98,
                         3] or a list of such, or          "probabilities": {"cat": 0.98, ...}}]}
                         {"instances": that list}
    application/x-npy    the same as a .npy file

Standard library only, as all of `shared.serving`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from shared.serving import npy

IMAGE, JSON, NPY = CONTENT_TYPES = ("application/x-image", "application/json", "application/x-npy")
_ACCEPTED = frozenset({"application/json", "application/*", "*/*"})

Shape = tuple[int, ...]


class BadRequestError(ValueError):
    """A request that this model cannot answer; the text says what is allowed."""


def check_accept(header: str | None) -> None:
    """Raises BadRequestError where the client takes no JSON."""
    accepted = {_media_type(part) for part in (header or "*/*").split(",")}
    if not accepted & _ACCEPTED:
        raise BadRequestError(f"Accept {header!r} is not supported; answers are application/json")


def kind_of(content_type: str | None) -> str:
    """One of `CONTENT_TYPES`. Raises BadRequestError for another."""
    kind = _media_type(content_type or "")
    if kind not in CONTENT_TYPES:
        raise BadRequestError(
            f"Content-Type {kind!r} is not supported; use {', '.join(CONTENT_TYPES)}"
        )
    return kind


def check_body(body: bytes, kind: str) -> None:
    """Raises BadRequestError for an empty one."""
    if not body:
        raise BadRequestError(f"the body is empty; expected {kind}")


def pixels_of(body: bytes, kind: str, image_shape: Shape) -> list[Any]:
    """Pictures of a request in JSON or .npy: lists of pixels 0..255, each of `image_shape`.

    Raises:
        BadRequestError: the form, the shape or a pixel is not allowed.
    """
    images = _from_npy(body, image_shape) if kind == NPY else _from_json(body, image_shape)
    for number, image in enumerate(images):
        _check_image(image, number, image_shape)
    return images


def answer(probabilities: Sequence[Sequence[float]], classes: Sequence[str]) -> tuple[str, str]:
    """Body and content type, for probabilities [n, classes]."""
    found = [_prediction(row, classes) for row in probabilities]
    return json.dumps({"predictions": found}), JSON


def _prediction(row: Sequence[float], classes: Sequence[str]) -> dict[str, Any]:
    by_class = dict(zip(classes, row, strict=True))
    label = max(by_class, key=lambda name: by_class[name])
    return {"label": label, "confidence": by_class[label], "probabilities": by_class}


def _from_json(body: bytes, wanted: Shape) -> list[Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    if isinstance(document, dict):
        if "instances" not in document:
            raise BadRequestError(f'{_told(wanted)}; or {{"instances": [those]}}')
        document = document["instances"]
    images = [document] if _depth(document) == len(wanted) else document
    if not isinstance(images, list) or not images:
        raise BadRequestError(_told(wanted))
    return images


def _from_npy(body: bytes, wanted: Shape) -> list[Any]:
    try:
        shape = npy.shape_of(body)
        if shape != wanted and (shape[1:] != wanted or not shape[0]):
            raise BadRequestError(f"{_told(wanted)}, got an array of shape {list(shape)}")
        array = npy.nested_list(body)
    except npy.NpyError as error:
        raise BadRequestError(f"the body {error}") from error
    return [array] if shape == wanted else array


def _check_image(image: Any, number: int, wanted: Shape) -> None:
    """Every list's length and every pixel: the frameworks' own words help nobody here."""
    level = [image]
    for edge in wanted:
        if not all(isinstance(item, list) and len(item) == edge for item in level):
            raise BadRequestError(f"{_told(wanted)}; picture {number} is of another shape")
        level = [inner for item in level for inner in item]
    if not all(isinstance(pixel, int | float) and 0 <= pixel <= 255 for pixel in level):
        raise BadRequestError(f"{_told(wanted)}; picture {number} holds other values")


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth


def _told(wanted: Shape) -> str:
    return f"expected pixels 0..255 of shape {list(wanted)}, or a list of such pictures"


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()
