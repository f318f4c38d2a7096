"""TensorFlow Serving's REST API over loaded SavedModels.

https://www.tensorflow.org/tfx/serving/api_rest: model status, metadata, predict. Classify and
regress are refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from local_cloud.containers.serving_http import Request, Response
from local_cloud.containers.tensorflow_serving_json import (
    InvalidArgumentError,
    parse,
    signature_name,
    to_json,
    to_tensors,
)
from local_cloud.containers.tensorflow_serving_models import (
    DEFAULT_SIGNATURE,
    Signature,
    UnknownSignatureError,
    Version,
    Versions,
)

_PATH = re.compile(
    r"^/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>\d+))?"
    r"(?:(?P<metadata>/metadata)|:(?P<method>\w+))?$"
)


class RestApi:
    def __init__(self, models: Mapping[str, Versions]) -> None:
        self._models = models

    def answer(self, request: Request) -> Response:
        match = _PATH.match(request.path)
        if match is None:
            return _error(404, f"Malformed request: {request.method} {request.path}")
        model, number = match["model"], match["version"]
        versions = self._models.get(model, {})
        chosen = max(versions, default=0) if number is None else int(number)
        if chosen not in versions:
            asked = "Latest" if number is None else "Specific"
            wanted = model if number is None else f"{model}, {number}"
            return _error(404, f"Servable not found for request: {asked}({wanted})")
        if request.method == "GET" and match["method"] is None:
            if match["metadata"]:
                return _metadata(model, chosen, versions[chosen])
            return _status([chosen] if number else sorted(versions, reverse=True))
        if request.method == "POST" and match["method"] == "predict":
            return _predict(versions[chosen], request.body)
        if match["method"] in ("classify", "regress"):
            return _error(
                501, f"The local stand-in for TensorFlow Serving has no {match['method']}."
            )
        return _error(404, f"Malformed request: {request.method} {request.path}")


def _predict(version: Version, body: bytes) -> Response:
    try:
        document = parse(body)
        signature = version.signature(signature_name(document, DEFAULT_SIGNATURE))
        tensors, chosen = to_tensors(document, signature.inputs)
        return Response(200, to_json(signature.run(tensors), chosen))
    except (InvalidArgumentError, UnknownSignatureError) as error:
        return _error(400, str(error))
    except tf.errors.InvalidArgumentError as error:
        return _error(400, _of_graph(error.message))
    except tf.errors.OpError as error:
        return _error(500, _of_graph(error.message))


def _of_graph(message: str) -> str:
    """The message that the graph itself gave, without what Python's TensorFlow puts around it."""
    inner = re.sub(r"(?s)^Graph execution error:.*?<stack traces unavailable>\n", "", message)
    return re.sub(r"\s*\[Op:\w+\]\s*$", "", inner)


def _status(versions: list[int]) -> Response:
    return _json(
        {
            "model_version_status": [
                {
                    "version": str(version),
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
                for version in versions
            ]
        }
    )


def _metadata(model: str, number: int, version: Version) -> Response:
    signatures = {name: _described(one) for name, one in version.signatures.items()}
    return _json(
        {
            "model_spec": {"name": model, "signature_name": "", "version": str(number)},
            "metadata": {"signature_def": {"signature_def": signatures}},
        }
    )


def _described(signature: Signature) -> dict[str, Any]:
    outputs = signature.function.structured_outputs
    return {
        "inputs": {name: _tensor_info(spec) for name, spec in signature.inputs.items()},
        "outputs": {name: _tensor_info(spec) for name, spec in outputs.items()},
        "method_name": "tensorflow/serving/predict",
    }


def _tensor_info(spec: Any) -> dict[str, Any]:
    rank = spec.shape.rank
    dims = [] if rank is None else [{"size": str(-1 if d is None else d)} for d in spec.shape]
    return {
        "dtype": f"DT_{spec.dtype.name.upper()}",
        "tensor_shape": {"dim": dims, "unknown_rank": rank is None},
        "name": spec.name,
    }


def _json(content: dict[str, Any]) -> Response:
    return Response(200, json.dumps(content, indent=1).encode())


def _error(status: int, message: str) -> Response:
    return Response(status, json.dumps({"error": message}).encode())
