"""The container's front: /ping, and /invocations by the model's handler or by the default rules.

The default rules (no ``code/inference.py``) are those of the container's tensorflowServing.js:
JSON, JSON lines and CSV become TensorFlow Serving's ``instances``; other types are 415.
"""

from __future__ import annotations

import io
import json
import logging
import re

import requests

from local_cloud.containers.serving_http import Request, Response
from local_cloud.containers.tensorflow_serving_handlers import REST_SECONDS, Context, Handler

logger = logging.getLogger("tensorflow_serving")
JSON = "application/json"
JSON_TYPES = (JSON, "application/jsonlines", "application/jsons")
CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"


class Front:
    def __init__(self, rest_port: int, default_model: str, handler: Handler | None) -> None:
        self._rest = f"http://127.0.0.1:{rest_port}/v1/models"
        self._default_model = default_model
        self._handler = handler

    @property
    def description(self) -> str:
        if self._handler is None:
            return "no code/inference.py: JSON, JSON lines and CSV are taken"
        return "handlers of code/inference.py"

    def answer(self, request: Request) -> Response:
        if request.path == "/ping" and request.method == "GET":
            return self._ping()
        if request.path == "/invocations" and request.method == "POST":
            if self._handler is None:
                return self._by_default(request)
            return self._by_handler(self._handler, request)
        return Response(404, b'{"error": "there are GET /ping and POST /invocations"}')

    def _ping(self) -> Response:
        found = requests.get(f"{self._rest}/{self._default_model}", timeout=REST_SECONDS)
        return Response(200 if found.ok and '"AVAILABLE"' in found.text else 502)

    def _by_handler(self, handler: Handler, request: Request) -> Response:
        attributes = tfs_attributes(request)
        context = Context(
            model_name=attributes.get("tfs-model-name"),
            model_version=attributes.get("tfs-model-version"),
            method=attributes.get("tfs-method"),
            rest_uri=self._uri(attributes),
            grpc_port=None,
            channel=None,
            custom_attributes=request.headers.get(CUSTOM_ATTRIBUTES),
            request_content_type=request.headers.get("content-type") or JSON,
            accept_header=request.headers.get("accept") or JSON,
            content_length=len(request.body),
        )
        try:
            body, content_type = handler(io.BytesIO(request.body), context)
        except Exception as error:
            # As the container answers whatever a handler raises.
            logger.exception("exception handling request: %s", error)
            return Response(500, json.dumps({"error": str(error)}).encode())
        raw = body.encode() if isinstance(body, str) else bytes(body)
        return Response(200, raw, content_type or JSON)

    def _by_default(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "")
        if kind in JSON_TYPES:
            body = from_json(request.body.decode("utf-8", errors="replace"))
        elif kind == "text/csv":
            body = from_csv(request.body.decode("utf-8", errors="replace"))
        else:
            message = f"Unsupported Media Type: {kind or 'Unknown'}"
            return Response(415, json.dumps({"error": message}).encode())
        uri = self._uri(tfs_attributes(request))
        answered = requests.post(uri, data=body.encode(), timeout=REST_SECONDS)
        accepted = request.headers.get("accept", "").replace(" ", "").split(",")
        content = answered.content
        if JSON in accepted or "application/jsonlines" in accepted:
            return Response(answered.status_code, content.replace(b"\n", b""), accepted[0])
        return Response(answered.status_code, content)

    def _uri(self, attributes: dict[str, str]) -> str:
        uri = f"{self._rest}/{attributes.get('tfs-model-name', self._default_model)}"
        if "tfs-model-version" in attributes:
            uri += f"/versions/{attributes['tfs-model-version']}"
        return f"{uri}:{attributes.get('tfs-method', 'predict')}"


def tfs_attributes(request: Request) -> dict[str, str]:
    """``tfs-model-name=...,tfs-model-version=...,tfs-method=...`` of the custom attributes."""
    found = re.findall(r"(tfs-[a-z\-]+)=([^,=]+)", request.headers.get(CUSTOM_ATTRIBUTES, ""))
    return dict(found)


def from_json(text: str) -> str:
    """Any JSON, or JSON values line by line, as a predict request."""
    if re.search(r'"(instances|inputs|examples)"\s*:', text):
        return text
    if re.search(r"[}\]]\s*[\[{]", text):
        lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        joined = ",".join(lines)
        return f'{{"instances":{joined}}}' if len(lines) == 1 else f'{{"instances":[{joined}]}}'
    if not re.match(r"\s*\[\s*\[", text):
        text = f"[{text}]"
    return f'{{"instances":{text}}}'


def from_csv(text: str) -> str:
    """Lines of numbers or strings as a predict request; one column is not wrapped in a list."""
    quoted = re.match(r'\s*("|[\d.Ee+\-]+.*)', text) is None
    rows = []
    for line in text.strip().splitlines():
        line = line.strip()
        if not line:
            continue
        fields = line.split(",") if quoted else [line]
        row = ",".join(json.dumps(field) for field in fields) if quoted else line
        rows.append(f"[{row}]" if "," in line else row)
    return f'{{"instances":[{",".join(rows)}]}}'
