"""Endpoints: their states and what may change them.

States and their order: "EndpointStatus" of DescribeEndpoint in the SageMaker API reference.
"""

from __future__ import annotations

import time
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.hosting import (
    deployment,
    description,
    guardrail_checks,
    progress,
    quotas,
    scaled_variants,
    serverless_update,
    weights,
)
from local_cloud.sagemaker.hosting import plan as plans
from local_cloud.sagemaker.hosting.asynchronous import inference
from local_cloud.sagemaker.hosting.state import KIND, publish
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, NotFoundError, public
from local_cloud.sagemaker.tags import create_tagged

_NAME = "EndpointName"
_STATUS = "EndpointStatus"
_SUMMARY = (_NAME, "EndpointArn", "CreationTime", "LastModifiedTime", _STATUS)
_SORT_KEYS = {"Name": _NAME, "CreationTime": "CreationTime", "Status": _STATUS}
_SETTLED = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
_UPDATABLE = ("InService", "UpdateRollbackFailed")


def create_endpoint(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException."""
    name = request[_NAME]
    arn = service.arn(f"endpoint/{name}")
    guardrail_checks.check(service, request.get("DeploymentConfig", {}))
    plan = plans.make(service, request["EndpointConfigName"])
    quotas.check(service, quotas.more(plan))
    now = time.time()
    document: Document = {
        _NAME: name,
        "EndpointArn": arn,
        "EndpointConfigName": request["EndpointConfigName"],
        _STATUS: "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
        "_pending": plan,
        "_pending_since": now,
    }
    if "DeploymentConfig" in request:
        document["LastDeploymentConfig"] = request["DeploymentConfig"]
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError:
        raise ValidationException(f'Cannot create already existing endpoint "{arn}".') from None
    publish(service, document)
    deployment.begin(service, name)
    return {"EndpointArn": arn}


def update_endpoint(service: SageMakerService, request: Request) -> Response:
    """What serves now goes on until the new fleet has proved itself. Raises
    ValidationException."""
    name = request[_NAME]
    found = _find(service, name)
    _check_can_update(found)
    guardrails = _guardrails(request, found)
    guardrail_checks.check(service, guardrails)
    plan = plans.make(service, request["EndpointConfigName"])
    # Not within the store's transaction: it asks over the network.
    guardrail_checks.check_roles(service, guardrails, plan)

    def begin(document: Document) -> None:
        _check_can_update(document)
        serverless_update.check_kept(plan, document["_serving"])
        if request.get("RetainAllVariantProperties"):
            _retain(plan, document, request)
        guardrail_checks.check_update(service, guardrails, new=plan, old=document["_serving"])
        scaled_variants.check(service.store, name, new=plan, old=document["_serving"])
        if "RollingUpdatePolicy" not in guardrails:
            # The new fleet comes up beside the old one.
            quotas.check(service, quotas.more(plan))
        now = time.time()
        document.pop("FailureReason", None)
        document.pop(progress.PROGRESS, None)
        document.update(
            LastModifiedTime=now, _pending=plan, _pending_since=now, _guardrails=guardrails
        )
        document[_STATUS] = "Updating"
        if "DeploymentConfig" in request:
            document["LastDeploymentConfig"] = request["DeploymentConfig"]
        elif not request.get("RetainDeploymentConfig"):
            document.pop("LastDeploymentConfig", None)

    document = _mutate(service, name, begin)
    publish(service, document)
    deployment.begin(service, name)
    return {"EndpointArn": document["EndpointArn"]}


def _guardrails(request: Request, endpoint: Document) -> dict[str, Any]:
    """The DeploymentConfig that the update follows."""
    retained = (
        endpoint.get("LastDeploymentConfig", {}) if request.get("RetainDeploymentConfig") else {}
    )
    found: dict[str, Any] = request.get("DeploymentConfig", retained)
    return found


def update_endpoint_weights_and_capacities(service: SageMakerService, request: Request) -> Response:
    """Other shares of the traffic, more or fewer instances. Raises ValidationException."""

    def begin(document: Document) -> None:
        _check_can_update(document)
        plan = weights.wanted(document, request["DesiredWeightsAndCapacities"])
        quotas.check(service, quotas.more(plan, than=document["_serving"]))
        weights.say(document, plan, "Desired")
        document.pop("FailureReason", None)
        document.pop(progress.PROGRESS, None)
        document.update(LastModifiedTime=time.time())
        document[weights.WANTED] = plan
        document[_STATUS] = "Updating"

    document = _mutate(service, request[_NAME], begin)
    publish(service, document)
    deployment.begin(service, request[_NAME])
    return {"EndpointArn": document["EndpointArn"]}


def _check_can_update(document: Document) -> None:
    arn, status = document["EndpointArn"], document[_STATUS]
    if status not in _SETTLED:
        raise ValidationException(f'Cannot update in-progress endpoint "{arn}".')
    if status not in _UPDATABLE:
        raise ValidationException(
            f'Cannot update endpoint "{arn}" in status {status}: it can only be deleted.'
        )


def _retain(plan: plans.Plan, endpoint: Document, request: Request) -> None:
    excluded = {
        one["VariantPropertyType"] for one in request.get("ExcludeRetainedVariantProperties", [])
    }
    plans.retain(
        plan,
        endpoint["_serving"],
        weights="DesiredWeight" not in excluded,
        instances="DesiredInstanceCount" not in excluded,
        capture="DataCaptureConfig" not in excluded,
    )


def describe_endpoint(service: SageMakerService, request: Request) -> Response:
    document = _find(service, request[_NAME])
    return {**public(document), **description.of(document)}


def list_endpoints(service: SageMakerService, request: Request) -> Response:
    return list_page(
        service.store.listed(KIND),
        request,
        "Endpoints",
        keys=_SUMMARY,
        sort_keys=_SORT_KEYS,
        name=_NAME,
        status=_STATUS,
    )


def delete_endpoint(service: SageMakerService, request: Request) -> Response:
    """Its servers end after the requests that are on their way. Raises ValidationException."""

    def begin(document: Document) -> None:
        if document[_STATUS] not in _SETTLED:
            arn = document["EndpointArn"]
            raise ValidationException(f'Cannot update in-progress endpoint "{arn}".')
        document[_STATUS] = "Deleting"
        document["LastModifiedTime"] = time.time()

    publish(service, _mutate(service, request[_NAME], begin))
    deployment.begin(service, request[_NAME])
    return {}


def _find(service: SageMakerService, name: str) -> Document:
    document = service.store.find(KIND, name)
    if document is None:
        raise _not_found(service, name)
    return document


def _mutate(service: SageMakerService, name: str, change: Any) -> Document:
    try:
        return service.store.mutate(KIND, name, change)
    except NotFoundError:
        raise _not_found(service, name) from None


def _not_found(service: SageMakerService, name: str) -> ValidationException:
    return ValidationException(f'Could not find endpoint "{service.arn(f"endpoint/{name}")}".')


def resume(service: SageMakerService) -> None:
    """Servers do not survive their local cloud. What served is started again (SystemUpdating
    until it answers); what was being created, updated or deleted at the stop is taken up anew."""
    for document in service.store.list(KIND):
        if document[_STATUS] != "Failed":
            deployment.begin(service, document[_NAME])
    inference.of(service).start()


ACTIONS: dict[str, Action] = {
    "CreateEndpoint": create_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": update_endpoint_weights_and_capacities,
    "ListEndpoints": list_endpoints,
    "DeleteEndpoint": delete_endpoint,
}
