"""What to ask of SageMaker for a model package: names and requests, the same each time."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from lambdas.deployment.model_package import ApprovedPackage
from lambdas.deployment.settings import PlanSettings

VARIANT = "AllTraffic"

_DIGITS = 8


def deployment_name(package: ApprovedPackage, settings: PlanSettings) -> str:
    """Name of the model and of the endpoint configuration: `<group>-v<version>-<8 hex>`.

    The hash is of all that the requests are made of: the same deployment has the same name,
    and another instance type or role is another deployment.
    """
    made_of = [
        package.arn,
        settings.model_role_arn,
        settings.instance_type,
        settings.instance_count,
        settings.kms_key_arn,
    ]
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    return f"{package.group}-v{package.version}-{digest[:_DIGITS]}"


def is_deployment_name(name: str, *, group: str) -> bool:
    """Whether `deployment_name` gives such names for `group`.

    A prefix would not tell: `birds-v2` may be a group of its own beside `birds`.
    """
    return re.fullmatch(rf"{re.escape(group)}-v\d+-[0-9a-f]{{{_DIGITS}}}", name) is not None


def model_request(name: str, package: ApprovedPackage, settings: PlanSettings) -> dict[str, Any]:
    """CreateModel; image, model data and environment are those of the package."""
    return {
        "ModelName": name,
        "ExecutionRoleArn": settings.model_role_arn,
        "PrimaryContainer": {"ModelPackageName": package.arn},
        "EnableNetworkIsolation": True,
    }


def endpoint_config_request(name: str, settings: PlanSettings) -> dict[str, Any]:
    """CreateEndpointConfig, with one variant that takes all requests."""
    request: dict[str, Any] = {
        "EndpointConfigName": name,
        "ProductionVariants": [
            {
                "VariantName": VARIANT,
                "ModelName": name,
                "InstanceType": settings.instance_type,
                "InitialInstanceCount": settings.instance_count,
                "InitialVariantWeight": 1,
            }
        ],
    }
    if settings.kms_key_arn:
        request["KmsKeyId"] = settings.kms_key_arn
    return request
