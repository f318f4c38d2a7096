"""A model's own ``code/inference.py``: its packages, its handlers, and what they are given.

Contract: "Pre/Post-Processing" in the README of
https://github.com/aws/sagemaker-tensorflow-serving-container.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import requests
from packaging.requirements import InvalidRequirement, Requirement

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
    """What the model asks for and this Python lacks, into a folder beside its code."""
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    if all(_installed(line) for line in lines if line):
        return
    logger.info("installing packages from requirements.txt...")
    # Not among the model's files: they outlive a restart, and installing may be cut short.
    target = Path.home() / "packages"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
    done = subprocess.run([*command, "-r", str(file)], capture_output=True, text=True)
    if done.returncode:
        raise HandlersError(f"failed to install required packages: {done.stderr.strip()[-500:]}")
    sys.path.insert(1, str(target))


def _installed(line: str) -> bool:
    try:
        requirement = Requirement(line)
        version = importlib.metadata.version(requirement.name)
    except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
        return False
    return requirement.specifier.contains(version, prereleases=True)
