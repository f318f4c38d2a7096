"""A model's own functions for the stand-in that serves PyTorch, and how a request goes by them.

Contract: ``transformer.py`` of https://github.com/aws/sagemaker-inference-toolkit.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from local_cloud.containers import pytorch_serving_defaults as defaults
from local_cloud.containers.inference_toolkit import content_types, encoder, errors

logger = logging.getLogger("pytorch_serving")


class HandlersError(Exception):
    """The model's functions cannot be used."""


@dataclass(frozen=True)
class Answer:
    """What the functions made of a request."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Context:
    """What a function with one parameter more than the contract's is told of its request.

    ``system_properties`` and the methods are those of TorchServe's context.
    """

    def __init__(self, model_dir: str) -> None:
        self.model_name = "model"
        self.manifest: dict[str, Any] = {}
        self.system_properties = {"model_dir": model_dir, "gpu_id": None, "batch_size": 1}
        self.request_processor: list[Context] = [self]
        self.begin({})

    def begin(self, headers: Mapping[str, str]) -> None:
        """Another request, by its headers with names in lower case."""
        self._headers = dict(headers)
        self.status: int | None = None
        self.content_type: str | None = None
        self.response_headers: dict[str, str] = {}

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self._headers.get(key.lower())

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        return dict(self._headers)

    def get_request_properties(self) -> dict[str, str]:
        return dict(self._headers)

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        self.status = code

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.content_type = value

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        self.response_headers[key] = value


class Handlers:
    """One model, loaded, and the functions that answer for it."""

    def __init__(self, module_name: str, model_dir: str, default_accept: str) -> None:
        """Load the model. Raises HandlersError, and whatever the model's own code raises."""
        module = _import(module_name)
        self._default_accept = default_accept
        self._context = Context(model_dir)
        own = {
            name: getattr(module, name, None)
            for name in ("transform_fn", "input_fn", "predict_fn", "output_fn")
        }
        transform = own.pop("transform_fn")
        if transform and any(own.values()):
            raise HandlersError(
                "Cannot use transform_fn implementation in conjunction with input_fn, "
                "predict_fn, and/or output_fn implementation"
            )
        self._transform: Callable[..., Any] = transform or self._by_three
        self._input: Callable[..., Any] = own["input_fn"] or defaults.input_fn
        self._predict: Callable[..., Any] = own["predict_fn"] or defaults.predict_fn
        self._output: Callable[..., Any] = own["output_fn"] or defaults.output_fn
        if hasattr(module, "pre_model_fn"):
            self._call(module.pre_model_fn, model_dir)
        self._model = self._call(getattr(module, "model_fn", defaults.model_fn), model_dir)
        if hasattr(module, "model_warmup_fn"):
            self._call(module.model_warmup_fn, model_dir, self._model)

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """What a function raises is a 500 with the traceback in its body, as in the container;
        a BaseInferenceToolkitError has its own status."""
        context = self._context
        context.begin(headers)
        try:
            result = self._run(headers, body)
        except Exception as error:
            trace = traceback.format_exc()
            logger.error("%s", trace)
            status, message = int(HTTPStatus.INTERNAL_SERVER_ERROR), str(error)
            if isinstance(error, errors.BaseInferenceToolkitError):
                status, message = error.status_code, error.message
            return Answer(status, f"{message or 'Invalid Request'}\n{trace}".encode(), "text/plain")
        kind = context.content_type or content_types.JSON
        return Answer(context.status or 200, result, kind, context.response_headers)

    def _run(self, headers: Mapping[str, str], body: bytes) -> bytes:
        content_type = headers.get("content-type")
        accept = headers.get("accept")
        if not accept or accept == content_types.ANY:
            accept = self._default_accept
        data: Any = bytearray(body)
        if content_type in content_types.UTF8_TYPES:
            data = body.decode("utf-8")
        result = self._call(self._transform, self._model, data, content_type, accept)
        answered_type = accept
        if isinstance(result, tuple):
            result, answered_type = result[0], result[1]
        if self._context.content_type is None:
            self._context.set_response_content_type(0, answered_type)
        return _to_bytes(result)

    def _by_three(self, model: Any, data: Any, content_type: str | None, accept: str) -> Any:
        given = self._call(self._input, data, content_type)
        prediction = self._call(self._predict, given, model)
        return self._call(self._output, prediction, accept)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """With the context as well where the function takes one argument more."""
        wanted = len(inspect.signature(function).parameters)
        if wanted == len(arguments):
            return function(*arguments)
        if wanted == len(arguments) + 1:
            return function(*arguments, self._context)
        raise TypeError(
            f"{function.__name__} takes {wanted} arguments but {len(arguments)} were given."
        )


def _import(name: str) -> Any:
    """None where there is no such module: the defaults serve the model then."""
    if importlib.util.find_spec(name) is None:
        logger.info("no code/%s.py: the toolkit's defaults serve the model", name)
        return None
    return importlib.import_module(name)


def _to_bytes(result: Any) -> bytes:
    if isinstance(result, bytes | bytearray):
        return bytes(result)
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result, default=encoder.listed).encode()
