"""Answers to Callback steps: SendPipelineExecutionStepSuccess and ...Failure, by their token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.pipeline import definition as definitions
from local_cloud.sagemaker.pipeline import outputs, state
from local_cloud.sagemaker.pipeline.steps.callback import ANSWER, TOKEN
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document

BY_TOKEN = ("SendPipelineExecutionStepSuccess", "SendPipelineExecutionStepFailure")
"""Actions whose requests name their execution by a token alone."""

_REASON = "The callback step failed."


def execution_arn(service: SageMakerService, token: Any) -> str | None:
    """The ARN of the execution one of whose steps gave this token, None where none did."""
    found = _waiting(service, token)
    return None if found is None else str(found[0]["PipelineExecutionArn"])


def _waiting(service: SageMakerService, token: Any) -> tuple[Document, str] | None:
    """The execution and the name of the step. Steps of other kinds have no token: nor does
    a request without one mean them."""
    if token is None:
        return None
    for document in service.store.list(state.KIND):
        for name, record in document["_steps"].items():
            if record.get(TOKEN) == token:
                return document, name
    return None


def send_success(service: SageMakerService, request: Request) -> Response:
    """Raises ResourceNotFound, ConflictException, and ValidationException for outputs that are
    not those that the step declares."""
    document, name = _find(service, request)
    step = definitions.parse(document["_definition"]).step(name)
    values = _outputs(step.output_parameters, request.get("OutputParameters", []))
    return _answer(service, document, name, request, {"OutputParameters": values})


def send_failure(service: SageMakerService, request: Request) -> Response:
    """Raises ResourceNotFound and ConflictException."""
    document, name = _find(service, request)
    reason = request.get("FailureReason") or _REASON
    return _answer(service, document, name, request, {"FailureReason": reason})


def _find(service: SageMakerService, request: Request) -> tuple[Document, str]:
    found = _waiting(service, request["CallbackToken"])
    if found is None:
        raise ResourceNotFound(
            f"No pipeline execution step waits for the callback token '{request['CallbackToken']}'."
        )
    return found


def _outputs(declared: Mapping[str, str], given: list[dict[str, str]]) -> dict[str, Any]:
    faults: list[str] = []
    values: dict[str, Any] = {}
    for entry in given:
        name = entry["Name"]
        if name not in declared:
            faults.append(
                f"OutputParameter '{name}' is not declared by the step; it declares "
                f"{sorted(declared)}."
            )
            continue
        try:
            values[name] = outputs.converted(name, declared[name], entry["Value"])
        except ValueError as error:
            faults.append(str(error))
    missing = sorted(set(declared) - {entry["Name"] for entry in given})
    if missing:
        faults.append(f"The output parameters {missing} that the step declares are missing.")
    if faults:
        raise ValidationException(" ".join(faults))
    return values


def _answer(
    service: SageMakerService,
    document: Document,
    name: str,
    request: Request,
    answer: dict[str, Any],
) -> Response:
    """Write the answer into the step's record once; the same one again changes nothing."""
    arn = document["PipelineExecutionArn"]
    token = request["CallbackToken"]

    def change(execution: Document) -> None:
        record = execution["_steps"].get(name, {})
        known = record.get(ANSWER)
        if known == answer and record.get(TOKEN) == token:
            return
        if known is not None or record.get("Status") not in state.ACTIVE_STEP:
            raise ConflictException(
                f"The callback token '{token}' has been answered already: step '{name}' of "
                f"'{arn}' is {record.get('Status')}."
            )
        record[ANSWER] = answer

    service.store.mutate(state.KIND, arn, change)
    return {"PipelineExecutionArn": arn}


def resume(service: SageMakerService) -> None:
    """An answer is one write; the step that waits for it is taken up with its execution."""


ACTIONS: dict[str, Action] = {
    "SendPipelineExecutionStepSuccess": send_success,
    "SendPipelineExecutionStepFailure": send_failure,
}
