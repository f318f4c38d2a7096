"""Tags of scalable targets."""

from __future__ import annotations

from local_cloud.application_autoscaling.service import Action, AutoscalingService
from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.hosting.scaled_variants import TARGET
from local_cloud.sagemaker.store import Document


def tag_resource(service: AutoscalingService, request: Request) -> Response:
    target = _find(service, request["ResourceARN"])
    tags = {**target.get("_tags", {}), **request["Tags"]}
    service.store.update(TARGET, target["ResourceId"], _tags=tags)
    return {}


def untag_resource(service: AutoscalingService, request: Request) -> Response:
    target = _find(service, request["ResourceARN"])
    gone = set(request["TagKeys"])
    tags = {name: value for name, value in target.get("_tags", {}).items() if name not in gone}
    service.store.update(TARGET, target["ResourceId"], _tags=tags)
    return {}


def list_tags_for_resource(service: AutoscalingService, request: Request) -> Response:
    return {"Tags": dict(_find(service, request["ResourceARN"]).get("_tags", {}))}


def _find(service: AutoscalingService, arn: str) -> Document:
    """Raises ApiError (ResourceNotFoundException)."""
    for target in service.store.list(TARGET):
        if target["ScalableTargetARN"] == arn:
            return target
    raise ApiError("ResourceNotFoundException", f"The resource doesn't exist: {arn}")


ACTIONS: dict[str, Action] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
