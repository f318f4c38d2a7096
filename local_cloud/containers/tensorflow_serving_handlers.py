"""A model's own ``code/inference.py``: its packages, its handlers, and what they are given.

Contract: "Pre/Post-Processing" in the README of
https://github.com/aws/sagemaker-tensorflow-serving-container.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import requests

from local_cloud.containers import serving_requirements

logger = logging.getLogger("tensorflow_serving")
REST_SECONDS = 60.0


class HandlersError(Exception):
    """The model's code cannot be used."""


class Context(NamedTuple):
    """What a handler is told of its request; names and order as in the container."""

    model_name: str | None
    model_version: str | None
    method: str | None
    rest_uri: str
    grpc_port: str | None
    channel: Any
    custom_attributes: str | None
    request_content_type: str
    accept_header: str
    content_length: int


Handler = Callable[[Any, Context], tuple[Any, str]]
"""``handler(data, context)`` answers (body, content type); ``data`` is a stream with ``read``."""


def load(code: Path) -> Handler | None:
    """The handler of ``inference.py``; None where there is no such file. Raises HandlersError."""
    script = code / "inference.py"
    if not script.is_file():
        return None
    sys.path.insert(0, str(code))
    library = code / "lib"
    if library.is_dir():
        sys.path.insert(1, str(library))
    elif (code / "requirements.txt").is_file():
        _install(code / "requirements.txt")
    module = _import(script)
    handler = getattr(module, "handler", None)
    if handler is not None:
        chosen: Handler = handler
        return chosen
    if hasattr(module, "input_handler") and hasattr(module, "output_handler"):
        return _pair(module.input_handler, module.output_handler)
    raise HandlersError(
        "Handlers are not implemented correctly in user script: code/inference.py must define "
        "handler(data, context), or input_handler(data, context) and output_handler(response, "
        "context)."
    )


def _pair(input_handler: Any, output_handler: Any) -> Handler:
    def handler(data: Any, context: Context) -> tuple[Any, str]:
        processed = input_handler(data, context)
        response = requests.post(context.rest_uri, data=processed, timeout=REST_SECONDS)
        answer: tuple[Any, str] = output_handler(response, context)
        return answer

    return handler


def _import(script: Path) -> Any:
    specification = importlib.util.spec_from_file_location("inference", script)
    if specification is None or specification.loader is None:
        raise HandlersError(f"Python cannot import {script}")
    module = importlib.util.module_from_spec(specification)
    sys.modules["inference"] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        logger.exception("code/inference.py")
        raise HandlersError(f"code/inference.py: {type(error).__name__}: {error}") from error
    return module


def _install(file: Path) -> None:
    try:
        packages = serving_requirements.install(file)
    except serving_requirements.RequirementsError as error:
        raise HandlersError(str(error)) from error
    if packages is not None:
        sys.path.insert(1, str(packages))
