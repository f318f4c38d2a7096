"""The model data that a model package names: it must be there when the package is made."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.service import SageMakerService

_ABSENT = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")


def checked_specification(
    service: SageMakerService, specification: Mapping[str, Any]
) -> dict[str, Any]:
    """The inference specification with each container's ModelDataETag.

    Raises ValidationException that names every container without an image and every
    model data URL where nothing lies. The look is taken as the service itself.
    """
    checked: dict[str, Any] = copy.deepcopy(dict(specification))
    s3: Any = service.credentials.as_service().client("s3")
    faults: list[str] = []
    for position, container in enumerate(checked["Containers"]):
        where = f"InferenceSpecification.Containers[{position}]"
        if not any(member in container for member in ("Image", "ModelDataUrl", "ModelDataSource")):
            faults.append(f"{where} names neither an Image nor model data.")
        if "ModelDataUrl" in container and "ModelDataSource" in container:
            faults.append(f"{where} has both ModelDataUrl and ModelDataSource; give one.")
            continue
        _check_container(s3, container, where, faults)
    if faults:
        raise ValidationException(" ".join(faults))
    return checked


def _check_container(s3: Any, container: dict[str, Any], where: str, faults: list[str]) -> None:
    url = container.get("ModelDataUrl")
    if url is not None:
        tag = _entity_tag(s3, url, where, faults)
        if tag is not None:
            container.setdefault("ModelDataETag", tag)
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return
    if source["S3DataType"] == "S3Prefix":
        _check_prefix(s3, source["S3Uri"], where, faults)
    else:
        _entity_tag(s3, source["S3Uri"], where, faults)


def _entity_tag(s3: Any, uri: str, where: str, faults: list[str]) -> str | None:
    bucket, key = _place(uri)
    try:
        return str(s3.head_object(Bucket=bucket, Key=key)["ETag"]).strip('"')
    except ClientError as error:
        faults.append(_fault(error, uri, where))
        return None


def _check_prefix(s3: Any, uri: str, where: str, faults: list[str]) -> None:
    bucket, prefix = _place(uri)
    try:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    except ClientError as error:
        faults.append(_fault(error, uri, where))
        return
    if not listed.get("KeyCount"):
        faults.append(f"{where}: Could not find model data at {uri}.")


def _place(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")


def _fault(error: Any, uri: str, where: str) -> str:
    if error.response.get("Error", {}).get("Code") in _ABSENT:
        return f"{where}: Could not find model data at {uri}."
    return f"{where}: Could not access model data at {uri}: {error}"
