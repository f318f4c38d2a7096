"""From CreateModel's container definition to what a model server needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import model_packages
from local_cloud.sagemaker.hosting.plan import Container, ModelData, MultiModelData
from local_cloud.sagemaker.runner import images, places
from local_cloud.sagemaker.service import SageMakerService

_ABSENT = ("404", "NoSuchKey", "NoSuchBucket", "NotFound")


def resolve(service: SageMakerService, definition: Mapping[str, Any]) -> Container:
    """The image, its environment and the model's data, out of the model package where one is
    named. Raises ValidationException: no such package, not approved, or nothing can serve it."""
    source = definition
    if "ModelPackageName" in definition:
        source = _from_package(service, definition)
    environment = {**source.get("Environment", {}), **definition.get("Environment", {})}
    container = Container(image=source["Image"], environment=environment)
    if definition.get("Mode") == "MultiModel":
        places.parse(definition["ModelDataUrl"])
        cache = definition.get("MultiModelConfig", {}).get("ModelCacheSetting", "Enabled")
        container["models"] = MultiModelData(
            prefix=definition["ModelDataUrl"], cached=cache == "Enabled"
        )
        container["environment"] = {"SAGEMAKER_MULTI_MODEL": "true", **environment}
    elif (data := _data(source)) is not None:
        container["data"] = data
    entry = images.find(service.settings, container["image"])
    if "serve" not in entry:
        raise ValidationException(
            f"The image {container['image']} cannot serve in the local cloud: the entry "
            f"{entry['repository']}:{entry['tag']} of its images.toml names no serve program."
        )
    return container


def _from_package(service: SageMakerService, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    package = model_packages.find_package(service, definition["ModelPackageName"])
    arn, approval = package["ModelPackageArn"], package.get("ModelApprovalStatus", "Approved")
    if approval != "Approved" or package["ModelPackageStatus"] != "Completed":
        raise ValidationException(
            f"Model Package {arn} cannot be used to create a model: its approval status is "
            f"{approval} and its status {package['ModelPackageStatus']}. Only an Approved and "
            "Completed model package can be deployed."
        )
    specification = _specification(package, definition.get("InferenceSpecificationName"))
    containers = specification.get("Containers", [])
    if len(containers) != 1 or "Image" not in containers[0]:
        raise ValidationException(
            f"The local cloud deploys model packages of one container with an image; {arn} has "
            f"{len(containers)} containers."
        )
    container: Mapping[str, Any] = containers[0]
    return container


def _specification(package: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    if name is None:
        found: Mapping[str, Any] = package.get("InferenceSpecification", {})
        return found
    additional = package.get("AdditionalInferenceSpecifications", [])
    for specification in additional:
        if specification["Name"] == name:
            chosen: Mapping[str, Any] = specification
            return chosen
    there = ", ".join(specification["Name"] for specification in additional) or "none"
    raise ValidationException(
        f"Model Package {package['ModelPackageArn']} has no inference specification {name!r} "
        f"(it has: {there})."
    )


def _data(source: Mapping[str, Any]) -> ModelData | None:
    url, described = source.get("ModelDataUrl"), source.get("ModelDataSource")
    if url is not None:
        places.parse(url)
        return ModelData(uri=url, archive=True)
    if described is None:
        return None
    s3 = described.get("S3DataSource")
    if s3 is None:
        raise ValidationException("ModelDataSource has no S3DataSource.")
    places.parse(s3["S3Uri"])
    archive, single = s3["CompressionType"] == "Gzip", s3["S3DataType"] == "S3Object"
    if archive and not single:
        raise ValidationException(
            "ModelDataSource.S3DataSource: CompressionType Gzip is for an archive, whose "
            "S3DataType is S3Object."
        )
    if not single and not s3["S3Uri"].endswith("/"):
        raise ValidationException(
            f"ModelDataSource.S3DataSource: S3Uri {s3['S3Uri']} of S3DataType S3Prefix must end "
            "with a forward slash (/)."
        )
    return ModelData(uri=s3["S3Uri"], archive=archive, single=single)


def check_image(service: SageMakerService, image: str, role_arn: str, model: str) -> None:
    """Whether the role can pull an image of this registry. Raises ValidationException."""
    images.check(
        service.settings,
        image,
        lambda: service.credentials.as_role(role_arn, session_name=f"model-{model}"),
    )


def check(service: SageMakerService, container: Container, role_arn: str, model: str) -> None:
    """Whether the role can have the image and the model's data. Raises ValidationException."""
    check_image(service, container["image"], role_arn, model)
    if "models" in container:
        prefix = ModelData(uri=container["models"]["prefix"], archive=False)
        check_data(service, prefix, role_arn, model)
    if "data" in container:
        check_data(service, container["data"], role_arn, model)


def check_data(service: SageMakerService, data: ModelData, role_arn: str, model: str) -> None:
    """Whether the role can read the model's data. Raises ValidationException in AWS's words."""
    session = service.credentials.as_role(role_arn, session_name=f"model-{model}")
    s3: Any = session.client("s3")
    place = places.parse(data["uri"])
    try:
        if data["archive"] or data.get("single"):
            s3.head_object(Bucket=place.bucket, Key=place.key)
            return
        found = s3.list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            raise ValidationException(f"Could not find model data at {data['uri']}.") from error
        raise ValidationException(
            f"Could not access model data at {data['uri']}. Please ensure that the role "
            f'"{role_arn}" exists and that its trust relationship policy allows the action '
            '"sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". Also ensure '
            'that the role has "s3:GetObject" permissions and that the object is located in '
            f"{service.settings.region}."
        ) from error
    if not found.get("KeyCount"):
        raise ValidationException(f"Could not find model data at {data['uri']}.")
