"""The condition keys that policies may look at: of a request, and of the resource it is about.

Keys: "Condition keys for Amazon SageMaker" in the service authorization reference, and "Control
creation of SageMaker AI resources with condition keys" in SageMaker's guide. A key is there only
where the request has its member, so that ``Null`` and ``...IfExists`` hold as on AWS.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.tags import tags_of

Context = dict[str, str | list[str]]
"""A condition key -> its value, or its values where it has several."""

_MEMBERS = {
    "DirectInternetAccess": "sagemaker:DirectInternetAccess",
    "DirectoryPath": "sagemaker:FileSystemDirectoryPath",
    "EnableInterContainerTrafficEncryption": "sagemaker:InterContainerTrafficEncryption",
    "EnableNetworkIsolation": "sagemaker:NetworkIsolation",
    "FileSystemAccessMode": "sagemaker:FileSystemAccessMode",
    "FileSystemId": "sagemaker:FileSystemId",
    "FileSystemType": "sagemaker:FileSystemType",
    "InstanceType": "sagemaker:InstanceTypes",
    "KeepAlivePeriodInSeconds": "sagemaker:KeepAlivePeriod",
    "MaxConcurrency": "sagemaker:ServerlessMaxConcurrency",
    "MaxRuntimeInSeconds": "sagemaker:MaxRuntimeInSeconds",
    "MemorySizeInMB": "sagemaker:ServerlessMemorySize",
    "ModelApprovalStatus": "sagemaker:ModelApprovalStatus",
    "RootAccess": "sagemaker:RootAccess",
    "SecurityGroupIds": "sagemaker:VpcSecurityGroupIds",
    "SubnetId": "sagemaker:VpcSubnets",
    "Subnets": "sagemaker:VpcSubnets",
    "VolumeKmsKeyId": "sagemaker:VolumeKmsKey",
}
"""A request's member, at whatever depth, -> the condition key."""
_VOLUMES = ("CreateEndpointConfig", "CreateNotebookInstance")
"""Actions whose own KmsKeyId is that of volumes; elsewhere it is the output's."""
CALLERS_OWN = (
    "CustomerMetadataProperties",
    "Environment",
    "HyperParameters",
    "StaticHyperParameters",
    "Tags",
)
"""Members whose keys are the caller's own words: they are no members of the request."""


def of_request(action: str, request: Mapping[str, Any], arn: Callable[[str], str]) -> Context:
    """The keys of SageMaker's, and of the tags that the request gives or takes away."""
    found: dict[str, set[str]] = defaultdict(set)
    volumes = "KmsKeyId" if action in _VOLUMES else ""
    if volumes in request:
        found["sagemaker:VolumeKmsKey"].add(_text(request[volumes]))
    others = {member: value for member, value in request.items() if member != volumes}
    for member, value in _leaves(others):
        if member in _MEMBERS:
            found[_MEMBERS[member]].add(_text(value))
        elif member == "KmsKeyId":
            found["sagemaker:OutputKmsKey"].add(_text(value))
        elif member == "ModelName" and action == "CreateEndpointConfig":
            found["sagemaker:ModelArn"].add(arn(f"model/{value}"))
    return {**{key: _one_or_all(values) for key, values in found.items()}, **_of_tags(request)}


def of_resource(service: SageMakerService, arn: str) -> Context:
    """The keys of the tags that the resource has."""
    tags = tags_of(service, arn)
    prefixes = ("aws:ResourceTag", "sagemaker:ResourceTag")
    return {f"{prefix}/{key}": value for prefix in prefixes for key, value in tags.items()}


def _of_tags(request: Mapping[str, Any]) -> Context:
    given = [tag for tag in request.get("Tags") or [] if isinstance(tag, Mapping)]
    named = {str(tag["Key"]): str(tag.get("Value", "")) for tag in given if "Key" in tag}
    context: Context = {f"aws:RequestTag/{key}": value for key, value in named.items()}
    keys = [*named, *(request.get("TagKeys") or [])]
    return {**context, "aws:TagKeys": keys} if keys else context


def _leaves(value: Any, member: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value of the request with the name of the member that holds it."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in CALLERS_OWN:
                yield from _leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, member)
    else:
        yield member, value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one_or_all(values: set[str]) -> str | list[str]:
    return next(iter(values)) if len(values) == 1 else sorted(values)
