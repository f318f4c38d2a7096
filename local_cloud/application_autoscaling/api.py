"""The API of Application Auto Scaling."""

from __future__ import annotations

import functools
from types import ModuleType

from local_cloud.application_autoscaling import (
    activities,
    iam,
    policies,
    scheduled_actions,
    tags,
    targets,
)
from local_cloud.application_autoscaling.service import Action, AutoscalingService
from local_cloud.json_api.api import JsonApi
from local_cloud.json_api.validation import ApiModel

FAMILIES: tuple[ModuleType, ...] = (targets, policies, scheduled_actions, activities, tags)
ACTIONS: dict[str, Action] = {
    name: action for family in FAMILIES for name, action in family.ACTIONS.items()
}
TARGET_PREFIX = "AnyScaleFrontendService"
SERVICE = "application-autoscaling"
SDK_NAME = "applicationautoscaling"
"""As aws-sdk integrations of Step Functions spell it."""
MODEL = ApiModel(SERVICE, title="Application Auto Scaling")


def api(service: AutoscalingService) -> JsonApi:
    return JsonApi(
        model=MODEL,
        actions={name: functools.partial(act, service) for name, act in ACTIONS.items()},
        permissions=functools.partial(iam.permissions, service),
        region=service.settings.region,
    )
