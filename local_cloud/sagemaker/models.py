"""Models: an image, its environment, where the model's data lies, and the role it runs under."""

from __future__ import annotations

import time

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.hosting import container, definitions
from local_cloud.sagemaker.hosting.plan import find_model
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged, remove_all

KIND = "model"
_KEPT = ("PrimaryContainer", "ExecutionRoleArn", "VpcConfig")
_SUMMARY = ("ModelName", "ModelArn", "CreationTime")
_SORT_KEYS = {"Name": "ModelName", "CreationTime": "CreationTime"}


def create_model(service: SageMakerService, request: Request) -> Response:
    """A model package is resolved now: changing or deleting it later leaves the model as it is.

    Raises ValidationException.
    """
    name = request["ModelName"]
    arn = service.arn(f"model/{name}")
    if "ExecutionRoleArn" not in request:
        raise ValidationException("ExecutionRoleArn is required to create a model.")
    given = definitions.definitions_of(request)
    resolved = {which: container.resolve(service, one) for which, one in given.items()}
    for one in resolved.values():
        container.check(service, one, request["ExecutionRoleArn"], name)
    document: Document = {
        "ModelName": name,
        "ModelArn": arn,
        **{member: request[member] for member in _KEPT if member in request},
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
        "CreationTime": time.time(),
        "_container": next(iter(resolved.values())),
    }
    if "PrimaryContainer" in document:
        document["PrimaryContainer"] = definitions.described(request["PrimaryContainer"])
    else:
        document["Containers"] = [definitions.described(one) for one in given.values()]
        mode = definitions.execution_mode(request)
        document["InferenceExecutionConfig"] = {"Mode": mode}
        if len(resolved) > 1:
            document.update(_containers=resolved, _direct=mode == "Direct")
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError:
        raise ValidationException(f'Cannot create already existing model "{arn}".') from None
    return {"ModelArn": arn}


def describe_model(service: SageMakerService, request: Request) -> Response:
    return public(find_model(service, request["ModelName"]))


def list_models(service: SageMakerService, request: Request) -> Response:
    return list_page(
        service.store.listed(KIND),
        request,
        "Models",
        keys=_SUMMARY,
        sort_keys=_SORT_KEYS,
        name="ModelName",
    )


def delete_model(service: SageMakerService, request: Request) -> Response:
    """Endpoints that serve the model go on, as on AWS."""
    model = find_model(service, request["ModelName"])
    service.store.delete(KIND, model["ModelName"])
    remove_all(service, model["ModelArn"])
    return {}


def resume(service: SageMakerService) -> None:
    """Models do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
