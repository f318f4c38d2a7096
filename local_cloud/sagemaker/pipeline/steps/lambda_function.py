"""Lambda step: a function is invoked with the execution role's credentials.

The function's answer must be a JSON object that holds every declared output. A step
that was under way when the local cloud stopped invokes its function again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.errors import StepFailedError
from local_cloud.sagemaker.pipeline.expressions import as_text
from local_cloud.sagemaker.pipeline.outputs import converted

TIMEOUT_SECONDS = 600
"""AWS's limit for a Lambda step."""


def run(context: StepContext) -> StepResult:
    """Properties: ``{"OutputParameters": {name: value}}``."""
    arn = as_text(context.evaluate(context.step.function_arn))
    metadata: dict[str, Any] = {"Lambda": {"Arn": arn}}
    context.executing(metadata)
    answer = context.client("lambda", config=_patient_config()).invoke(
        FunctionName=arn, Payload=json.dumps(context.arguments).encode()
    )
    payload = _decoded(answer["Payload"].read(), arn)
    if answer.get("FunctionError"):
        raise StepFailedError(f"ClientError: Lambda function {arn} failed: {_error(payload)}")
    outputs = _outputs(context.step.output_parameters, payload, arn)
    metadata["Lambda"]["OutputParameters"] = [
        {"Name": name, "Value": as_text(value)} for name, value in outputs.items()
    ]
    return StepResult(properties={"OutputParameters": outputs}, metadata=metadata)


def _patient_config() -> Any:
    """A function that takes its time must not be invoked a second time by the client."""
    config: Any = Config
    return config(read_timeout=TIMEOUT_SECONDS, retries={"max_attempts": 0})


def _decoded(body: bytes, arn: str) -> Any:
    try:
        return json.loads(body or b"null")
    except json.JSONDecodeError as error:
        raise StepFailedError(
            f"ClientError: Lambda function {arn} did not answer JSON: {error}"
        ) from error


def _error(payload: Any) -> str:
    if isinstance(payload, Mapping) and "errorMessage" in payload:
        return f"{payload.get('errorType', 'Error')}: {payload['errorMessage']}"
    return json.dumps(payload)


def _outputs(declared: Mapping[str, str], payload: Any, arn: str) -> dict[str, Any]:
    given = payload if isinstance(payload, Mapping) else {}
    missing = [name for name in declared if name not in given]
    if missing:
        raise StepFailedError(
            f"ClientError: Lambda function {arn} did not answer the output parameters "
            f"{missing}; it answered {sorted(map(str, given)) or payload!r}."
        )
    try:
        return {name: converted(name, kind, given[name]) for name, kind in declared.items()}
    except ValueError as error:
        raise StepFailedError(f"ClientError: {error}") from error
