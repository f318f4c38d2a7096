"""MiniStack's Lambda: the names of errors."""

from __future__ import annotations

import functools
import threading
from typing import Any


def name_lambda_errors() -> None:
    """Let a Python function's error have its exception's name as ``errorType``, as on AWS.

    MiniStack calls each of them Runtime.HandlerError, which no Retry or Catch of a state machine
    that names an exception would match.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm
    # The worker knows the traceback; its caller, on the same thread, makes the answer.
    last = threading.local()

    @functools.wraps(invoke)
    def invoke_and_note(*arguments: Any, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = invoke(*arguments, **options)
        last.trace = answer.get("trace")
        return answer

    @functools.wraps(execute)
    def execute_and_name(*arguments: Any, **options: Any) -> dict[str, Any]:
        last.trace = None
        answer: dict[str, Any] = execute(*arguments, **options)
        if answer.get("error") and last.trace:
            answer["body"] = error_payload(answer["body"]["errorMessage"], last.trace)
        return answer

    setattr(lambda_runtime.Worker, "invoke", invoke_and_note)  # noqa: B010 - not for mypy
    setattr(lambda_svc, "_execute_function_warm", execute_and_name)  # noqa: B010


def error_payload(message: str, trace: str) -> dict[str, Any]:
    """What Lambda's Python runtime answers for an exception with this traceback."""
    # A traceback ends with the exception's name and its message, which may have several lines.
    *frames, last = trace.rstrip().removesuffix(message.rstrip()).splitlines()
    name = last.rstrip(": ").rpartition(".")[2]
    return {"errorMessage": message, "errorType": name, "stackTrace": frames[1:]}
