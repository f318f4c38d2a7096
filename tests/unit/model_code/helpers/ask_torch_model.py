"""Asks a model folder as SageMaker's PyTorch container does: the four functions of inference.py.

Arguments: model folder, file of requests, a JSON list of {"content_type", "base64"}. Prints the
answers as a JSON list.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from pathlib import Path
from typing import Any


def answer(inference: Any, model: Any, request: dict[str, str]) -> Any:
    try:
        body = base64.b64decode(request["base64"])
        asked = inference.input_fn(body, request["content_type"])
        content, content_type = inference.output_fn(
            inference.predict_fn(asked, model), "application/json"
        )
    except ValueError as error:
        return {"error": str(error)}
    return {"content_type": content_type, **json.loads(content)}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    # What the archive brings, and nothing of the repository.
    sys.path.insert(0, str(folder / "code"))
    inference = importlib.import_module("inference")
    model = inference.model_fn(str(folder))
    requests = json.loads(Path(sys.argv[2]).read_text())
    print(json.dumps([answer(inference, model, request) for request in requests]))
