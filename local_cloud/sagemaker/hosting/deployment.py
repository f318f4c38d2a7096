"""The background work of an endpoint: create, update, scale, bring up again, delete.

An endpoint's document keeps under ``_serving`` the plan of the fleet that takes its traffic,
under ``_pending`` the plan of the one that is being started (with ``_pending_since`` and its
``_guardrails``), and under ``_desired`` the plan of the one that serves with the weights and
instance counts that it is to have.
"""

from __future__ import annotations

import shutil

from local_cloud.sagemaker.hosting import description, progress, registry, update, weights
from local_cloud.sagemaker.hosting.asynchronous import inference as asynchronous
from local_cloud.sagemaker.hosting.fleet import Fleet, FleetError
from local_cloud.sagemaker.hosting.instance import remove_files
from local_cloud.sagemaker.hosting.plan import Plan, all_variants
from local_cloud.sagemaker.hosting.state import KIND, PENDING, change
from local_cloud.sagemaker.hosting.traffic import Traffic
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tags import remove_all

_BACK = ("SystemUpdating", "RollingBack", "UpdateRollbackFailed")


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
        if document["EndpointStatus"] == "Failed":
            return
        traffic = registry.of(service).traffic(endpoint)
        if "_pending" in document and traffic is None:
            _create(service, endpoint, document["_pending"])
        elif "_pending" in document and traffic is not None:
            update.run(service, document, traffic, lambda plan: _finish(service, endpoint, plan))
        elif weights.WANTED in document and traffic is not None:
            _scale(service, document, traffic)
    except Exception as error:
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        if document["EndpointStatus"] == "Deleting" or not _is_served(service, endpoint):
            change(service, endpoint, "Failed", FailureReason=reason[:1024])
        else:
            _keep_serving(service, endpoint, reason[:1024])
        raise


def _create(service: SageMakerService, endpoint: str, plan: Plan) -> None:
    fleet = Fleet(service, endpoint, plan)
    count = sum(fleet.planned.values())
    progress.say(service, endpoint, progress.CREATING, f"Launching {count} instance(s).")
    try:
        if not fleet.start(cancelled=lambda: service.tasks.stopping):
            return
    except FleetError as error:
        change(service, endpoint, "Failed", remove=PENDING, FailureReason=str(error))
        return
    registry.of(service).begin(endpoint, fleet)
    _finish(service, endpoint, plan)


def _finish(service: SageMakerService, endpoint: str, plan: Plan) -> None:
    change(
        service,
        endpoint,
        "InService",
        remove=(*PENDING, "FailureReason"),
        EndpointConfigName=plan["config"],
        ProductionVariants=description.summaries(plan["variants"]),
        _serving=plan,
    )


def _scale(service: SageMakerService, document: Document, traffic: Traffic) -> None:
    """More or fewer instances, then the weights. What cannot come up leaves things as they were."""
    endpoint, plan, serving = (
        document["EndpointName"],
        document[weights.WANTED],
        document["_serving"],
    )
    fleet = traffic.fleets[0]
    counts, before = weights.counts(plan), weights.counts(serving)
    if counts != before:
        direction = "out" if sum(counts.values()) > sum(before.values()) else "in"
        message = f"Scaling {direction} desired instance count to {sum(counts.values())}."
        progress.say(service, endpoint, progress.UPDATING, message)
    fleet.take(plan)
    try:
        if not fleet.scale(counts, cancelled=lambda: service.tasks.stopping):
            return
    except FleetError as error:
        weights.say(document, serving, "Desired")
        variants = document["ProductionVariants"]
        gone = (weights.WANTED,)
        change(service, endpoint, "RollingBack", remove=gone, ProductionVariants=variants)
        fleet.take(serving)
        fleet.scale(before, cancelled=lambda: service.tasks.stopping)
        _keep_serving(service, endpoint, str(error))
        return
    fleet.reweigh({one["variant"]: one["weight"] for one in all_variants(plan)})
    document = service.store.get(KIND, endpoint)
    weights.say(document, plan, "Current")
    change(
        service,
        endpoint,
        "InService",
        remove=(weights.WANTED, progress.PROGRESS),
        ProductionVariants=document["ProductionVariants"],
        _serving=plan,
    )


def _keep_serving(service: SageMakerService, endpoint: str, reason: str) -> None:
    gone = (*PENDING, weights.WANTED)
    change(service, endpoint, "InService", remove=gone, FailureReason=reason)


def _bring_up_again(service: SageMakerService, endpoint: str, plan: Plan) -> None:
    change(service, endpoint, "SystemUpdating", only_from=("InService",))
    fleet = Fleet(service, endpoint, plan)
    try:
        if not fleet.start(cancelled=lambda: service.tasks.stopping):
            return
    except FleetError as error:
        reason = f"After a restart of the local cloud: {error}"
        gone = (*PENDING, weights.WANTED)
        change(service, endpoint, "Failed", remove=gone, FailureReason=reason[:1024])
        return
    registry.of(service).begin(endpoint, fleet)
    # RollingBack: the stop came before a failed update's last change of state.
    change(service, endpoint, "InService", only_from=_BACK)


def _delete(service: SageMakerService, endpoint: str) -> None:
    for fleet in registry.of(service).end(endpoint):
        fleet.retire()
    folder = service.settings.endpoints_dir / endpoint
    if folder.exists():
        shutil.rmtree(folder)
    asynchronous.of(service).forget(endpoint)
    document = service.store.get(KIND, endpoint)
    service.store.delete(KIND, endpoint)
    remove_all(service, document["EndpointArn"])


def _is_served(service: SageMakerService, endpoint: str) -> bool:
    return registry.of(service).traffic(endpoint) is not None


def _remove_leftovers(service: SageMakerService, document: Document) -> None:
    """Model files of servers that a kill of the local cloud ended; logs stay."""
    traffic = registry.of(service).traffic(document["EndpointName"])
    living = {fleet.plan["deployment"] for fleet in traffic.fleets} if traffic else set()
    folder = service.settings.endpoints_dir / document["EndpointName"]
    for instance in folder.glob("*/*/i-*"):
        if instance.parent.parent.name not in living:
            remove_files(instance)
