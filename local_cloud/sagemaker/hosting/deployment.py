"""The background work of an endpoint: create, update blue/green, bring up again, delete.

An endpoint's document keeps under ``_serving`` the plan of the fleet that takes its traffic,
under ``_pending`` the plan of the one that is being started, and under ``_desired`` the plan of
the one that serves with the weights that it is to have.
"""

from __future__ import annotations

import shutil
import time
from typing import Any

from local_cloud.sagemaker.hosting import registry, weights
from local_cloud.sagemaker.hosting.asynchronous import inference as asynchronous
from local_cloud.sagemaker.hosting.fleet import Fleet, FleetError
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.hosting.state import KIND, change
from local_cloud.sagemaker.hosting.variant import remove_files
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tags import remove_all


def begin(service: SageMakerService, endpoint: str) -> None:
    """Take up what the endpoint's document says is to be done, on a thread of its own."""
    service.tasks.start(f"endpoint {endpoint}", lambda: _work_alone(service, endpoint))


def _work_alone(service: SageMakerService, endpoint: str) -> None:
    """One work at a time on an endpoint: a second finds what the first has done."""
    with registry.of(service).work_on(endpoint):
        if service.store.find(KIND, endpoint) is not None and not service.tasks.stopping:
            _work(service, endpoint)


def _work(service: SageMakerService, endpoint: str) -> None:
    document = service.store.get(KIND, endpoint)
    try:
        if document["EndpointStatus"] == "Deleting":
            _delete(service, endpoint)
            return
        _remove_leftovers(service, document)
        # After a restart of the local cloud the fleet that served has to come back first.
        if "_serving" in document and not _is_served(service, endpoint):
            _bring_up_again(service, endpoint, document["_serving"])
        document = service.store.get(KIND, endpoint)
        if "_pending" in document and document["EndpointStatus"] != "Failed":
            _deploy(service, endpoint, document["_pending"])
        elif weights.WANTED in document and document["EndpointStatus"] != "Failed":
            _reweigh(service, endpoint, document[weights.WANTED])
    except Exception as error:
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        if document["EndpointStatus"] == "Deleting" or not _is_served(service, endpoint):
            change(service, endpoint, "Failed", FailureReason=reason[:1024])
        else:
            _keep_serving(service, endpoint, reason[:1024])
        raise


def _deploy(service: SageMakerService, endpoint: str, plan: Plan) -> None:
    fleet = Fleet(service, endpoint, plan)
    try:
        if not fleet.start(cancelled=lambda: service.tasks.stopping):
            return
    except FleetError as error:
        _note_failure(service, endpoint, str(error))
        return
    before = registry.of(service).shift(endpoint, fleet)
    if before is not None:
        before.retire()
    change(
        service,
        endpoint,
        "InService",
        remove=("_pending", "FailureReason"),
        EndpointConfigName=plan["config"],
        ProductionVariants=_summaries(plan),
        _serving=plan,
    )


def _reweigh(service: SageMakerService, endpoint: str, plan: Plan) -> None:
    with registry.of(service).request_to(endpoint) as fleet:
        if fleet is None:
            return
        fleet.reweigh({one["variant"]: one["weight"] for one in plan["variants"]})
    document = service.store.get(KIND, endpoint)
    weights.say(document, plan, "Current")
    change(
        service,
        endpoint,
        "InService",
        remove=(weights.WANTED,),
        ProductionVariants=document["ProductionVariants"],
        _serving=plan,
    )


def _note_failure(service: SageMakerService, endpoint: str, reason: str) -> None:
    if not _is_served(service, endpoint):
        change(service, endpoint, "Failed", remove=("_pending",), FailureReason=reason)
        return
    # What served before never stopped, so that rolling back has nothing to wait for.
    change(service, endpoint, "RollingBack", remove=("_pending",), FailureReason=reason)
    _keep_serving(service, endpoint, reason)


def _keep_serving(service: SageMakerService, endpoint: str, reason: str) -> None:
    gone = ("_pending", weights.WANTED)
    change(service, endpoint, "InService", remove=gone, FailureReason=reason)


def _bring_up_again(service: SageMakerService, endpoint: str, plan: Plan) -> None:
    change(service, endpoint, "SystemUpdating", only_from=("InService",))
    fleet = Fleet(service, endpoint, plan)
    try:
        if not fleet.start(cancelled=lambda: service.tasks.stopping):
            return
    except FleetError as error:
        reason = f"After a restart of the local cloud: {error}"
        gone = ("_pending", weights.WANTED)
        change(service, endpoint, "Failed", remove=gone, FailureReason=reason[:1024])
        return
    registry.of(service).shift(endpoint, fleet)
    # RollingBack: the stop came between a failed update's two last changes of state.
    change(service, endpoint, "InService", only_from=("SystemUpdating", "RollingBack"))


def _delete(service: SageMakerService, endpoint: str) -> None:
    before = registry.of(service).shift(endpoint, None)
    if before is not None:
        before.retire()
    folder = service.settings.endpoints_dir / endpoint
    if folder.exists():
        shutil.rmtree(folder)
    asynchronous.of(service).forget(endpoint)
    document = service.store.get(KIND, endpoint)
    service.store.delete(KIND, endpoint)
    remove_all(service, document["EndpointArn"])


def _is_served(service: SageMakerService, endpoint: str) -> bool:
    with registry.of(service).request_to(endpoint) as fleet:
        return fleet is not None


def _remove_leftovers(service: SageMakerService, document: Document) -> None:
    """Model files of deployments that a kill of the local cloud interrupted; logs stay."""
    wanted = {document[key]["deployment"] for key in ("_serving", "_pending") if key in document}
    folder = service.settings.endpoints_dir / document["EndpointName"]
    for deployment in folder.iterdir() if folder.exists() else ():
        if deployment.name not in wanted:
            for variant in deployment.iterdir():
                remove_files(variant)


def _summaries(plan: Plan) -> list[dict[str, Any]]:
    """ProductionVariantSummary of each variant."""
    return [
        {
            "VariantName": variant["variant"],
            "DeployedImages": [
                {
                    "SpecifiedImage": variant["container"]["image"],
                    "ResolvedImage": variant["container"]["image"],
                    "ResolutionTime": time.time(),
                }
            ],
            "CurrentWeight": variant["weight"],
            "DesiredWeight": variant["weight"],
            "CurrentInstanceCount": variant["instances"],
            "DesiredInstanceCount": variant["instances"],
        }
        for variant in plan["variants"]
    ]
