"""What the endpoint understands and answers: SageMaker's TensorFlow Serving container calls this.

The container passes `input_handler`'s text to TensorFlow Serving's REST interface and its answer
to `output_handler`:
https://github.com/aws/sagemaker-tensorflow-serving-container#prepost-processing

Requests and answers are those of `shared.serving.picture_requests`.

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

from shared.serving import picture_requests
from shared.serving.picture_requests import BadRequestError

_CODE = Path(__file__).resolve().parents[2]
"""The folder of inference.py in the model's archive, where `shared` is a folder of it."""


def input_handler(data: Any, context: Any) -> str:
    """TensorFlow Serving's request for what a client sent.

    Args:
        data: the body, with a `read` that gives bytes.
        context: with `request_content_type` and `accept_header`.

    Raises:
        BadRequestError: the content type, the form or the shape is not allowed.
    """
    picture_requests.check_accept(context.accept_header)
    kind = picture_requests.kind_of(context.request_content_type)
    body = data.read()
    picture_requests.check_body(body, kind)
    if kind == picture_requests.IMAGE:
        encoded = base64.b64encode(body).decode("ascii")
        return json.dumps({"signature_name": "serving_bytes", "instances": [{"b64": encoded}]})
    images = picture_requests.pixels_of(body, kind, _image_shape())
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
    found = [row["probabilities"] if isinstance(row, dict) else row for row in rows]
    return picture_requests.answer(found, _classes())


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text


@cache
def _classes() -> tuple[str, ...]:
    return tuple(json.loads((_CODE / "classes.json").read_text(encoding="utf-8")))


@cache
def _image_shape() -> tuple[int, ...]:
    facts = json.loads((_CODE / "model.json").read_text(encoding="utf-8"))
    return tuple(facts["image_shape"])
