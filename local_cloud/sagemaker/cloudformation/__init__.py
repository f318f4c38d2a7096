"""SageMaker's resource types in the local CloudFormation, a module each.

What `Ref` and `Fn::GetAtt` answer and which properties replace a resource: CloudFormation
template reference.
"""

from __future__ import annotations

from local_cloud.ministack_bridge import ResourceHandlers
from local_cloud.sagemaker.cloudformation.endpoint import EndpointResource
from local_cloud.sagemaker.cloudformation.endpoint_config import EndpointConfigResource
from local_cloud.sagemaker.cloudformation.model import ModelResource
from local_cloud.sagemaker.cloudformation.model_package import ModelPackageResource
from local_cloud.sagemaker.cloudformation.model_package_group import ModelPackageGroupResource
from local_cloud.sagemaker.cloudformation.notebook_instance import NotebookInstanceResource
from local_cloud.sagemaker.cloudformation.notebook_instance_lifecycle_config import (
    NotebookInstanceLifecycleConfigResource,
)
from local_cloud.sagemaker.cloudformation.pipeline import PipelineResource
from local_cloud.sagemaker.cloudformation.resource import Call, Resource

TYPES: tuple[type[Resource], ...] = (
    PipelineResource,
    ModelPackageGroupResource,
    ModelPackageResource,
    ModelResource,
    EndpointConfigResource,
    EndpointResource,
    NotebookInstanceResource,
    NotebookInstanceLifecycleConfigResource,
)


def resource_types(call: Call) -> dict[str, ResourceHandlers]:
    """Every type, its handlers carrying out SageMaker's own actions through ``call``."""
    return {f"AWS::SageMaker::{one.noun}": one(call).handlers() for one in TYPES}
