"""Asks a model folder as the serving container does: handlers around the SavedModel.

Arguments: model folder, file of requests, a JSON list of {"content_type", "base64"}. Prints the
answers as a JSON list. Only TensorFlow Serving itself is replaced, by the SavedModel that it
would load and the part of its REST interface that the handlers use.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import tensorflow as tf


def handlers(code: Path) -> Any:
    sys.path.insert(0, str(code))
    spec = importlib.util.spec_from_file_location("inference", code / "inference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def predict(model: Any, request: str) -> SimpleNamespace:
    asked = json.loads(request)
    signature = model.signatures[asked["signature_name"]]
    ((name, wanted),) = signature.structured_input_signature[1].items()
    given = asked["instances"]
    if wanted.dtype == tf.string:
        given = [base64.b64decode(instance["b64"]) for instance in given]
    try:
        (output,) = signature(**{name: tf.constant(given, wanted.dtype)}).values()
    except tf.errors.OpError as error:
        return SimpleNamespace(status_code=400, content=json.dumps({"error": error.message}))
    content = json.dumps({"predictions": output.numpy().tolist()})
    return SimpleNamespace(status_code=200, content=content.encode())


def answer(inference: Any, model: Any, request: dict[str, str]) -> Any:
    context = SimpleNamespace(
        request_content_type=request["content_type"], accept_header="application/json"
    )
    try:
        body = inference.input_handler(io.BytesIO(base64.b64decode(request["base64"])), context)
        content, content_type = inference.output_handler(predict(model, body), context)
    except ValueError as error:
        return {"error": str(error)}
    return {"content_type": content_type, **json.loads(content)}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    inference = handlers(folder / "code")
    model = tf.saved_model.load(str(folder / "1"))
    requests = json.loads(Path(sys.argv[2]).read_text())
    print(json.dumps([answer(inference, model, request) for request in requests]))
