"""What an endpoint for tables answers: SageMaker's TensorFlow Serving container calls this.

Requests and answers are those of `shared.serving.tables`; the network is the signature
`serving_default` of `shared.tensorflow.table_model`. Standard library only: the container has
neither NumPy nor TensorFlow.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from shared.serving import tables

_CODE = Path(__file__).resolve().parents[2]
"""The folder of inference.py in the model's archive, where `shared` is a folder of it."""


def input_handler(data: Any, context: Any) -> str:
    """TensorFlow Serving's request for what a client sent.

    Args:
        data: the body, with a `read` that gives bytes.
        context: with `request_content_type`.

    Raises:
        shared.serving.tables.BadRequestError: the request is not one for this model.
    """
    rows = tables.rows_of(data.read(), context.request_content_type or "", _names("features"))
    return json.dumps({"signature_name": "serving_default", "instances": rows})


def output_handler(response: Any, context: Any) -> tuple[str, str]:
    """Body and content type of the answer.

    Args:
        response: TensorFlow Serving's, with `status_code` and `content`.
        context: with `accept_header`.

    Raises:
        shared.serving.tables.BadRequestError: TensorFlow Serving refused the request.
    """
    if response.status_code != 200:
        content = response.content
        text = content.decode("utf-8", errors="replace") if isinstance(content, bytes) else content
        raise tables.BadRequestError(f"the model cannot answer this request: {text}")
    rows = json.loads(response.content)["predictions"]
    return tables.answer(rows, context.accept_header, _names("classes"))


@cache
def _names(what: str) -> tuple[str, ...]:
    facts = json.loads((_CODE / "model.json").read_text(encoding="utf-8"))
    return tuple(facts[what])
