"""The event ``SageMaker Model Package State Change``, in AWS's shape.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

from collections.abc import Sequence

from local_cloud.sagemaker.pipeline.state import iso
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

DETAIL_TYPE = "SageMaker Model Package State Change"
_TIMES = ("CreationTime", "LastModifiedTime")
_LEFT_OUT = ("CreatedBy", "LastModifiedBy")


def publish(
    service: SageMakerService, document: Document, *, updated_fields: Sequence[str] = ()
) -> None:
    """Tell of a package that was created or changed; ``updated_fields`` names what changed.

    Rules that react to an approval should ask for ``ModelApprovalStatus`` among
    ``UpdatedModelPackageFields`` too: any other change of an approved package is told as well.
    """
    detail = {key: value for key, value in public(document).items() if key not in _LEFT_OUT}
    for member in _TIMES:
        if member in detail:
            detail[member] = iso(detail[member])
    if updated_fields:
        detail["UpdatedModelPackageFields"] = list(updated_fields)
    service.events.publish(DETAIL_TYPE, resources=[document["ModelPackageArn"]], detail=detail)
