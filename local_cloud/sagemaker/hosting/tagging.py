"""Tags end with the resource that has them."""

from __future__ import annotations

from local_cloud.sagemaker import tags
from local_cloud.sagemaker.service import SageMakerService


def remove_all(service: SageMakerService, arn: str) -> None:
    """Remove every tag of a resource that has gone."""
    if service.store.find(tags.KIND, arn):
        service.store.delete(tags.KIND, arn)
