"""Decide what a deployment asks of SageMaker before its own change: to let the new model get a
copy of the requests, beside the one that serves.

The plan of such a deployment has a member `shadow`:

| member | meaning |
|---|---|
| config | CreateEndpointConfig's request: the model that serves, with the new one as its shadow |
| endpoint | UpdateEndpoint's request for it |
| seconds | how long both get the requests before they are compared |
"""

from __future__ import annotations

from typing import Any

from contracts.traffic_split import OLD_VARIANT
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.model_package import ApprovedPackage
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.removal import remove_config
from lambdas.deployment.requests import (
    shadow_config_request,
    shadow_name,
    update_request,
    variant_of,
)
from lambdas.deployment.settings import PlanSettings
from lambdas.deployment.split import Configuration, why_not_beside
from lambdas.deployment.usable_endpoint import EndpointBusy


class ShadowImpossible(Exception):
    """What serves cannot have the new model as its shadow."""


def may_have_shadow(
    live: Configuration | None, *, config: str, settings: PlanSettings
) -> Configuration:
    """The configuration `config` that serves, if a new model may be its model's shadow.

    Raises:
        ShadowImpossible: says why not.
    """
    why = why_not_beside(live, config=config, kms_key_arn=settings.kms_key_arn)
    if live is None or why:
        raise ShadowImpossible(why)
    return live


def take_left_shadow_away(sagemaker: Any, endpoint: Endpoint, live: Configuration | None) -> None:
    """Begin to remove a shadow that a stopped execution left, and with it what it costs.

    Raises:
        EndpointBusy: it is on its way; plan again later.
        ClientError: SageMaker refuses.
    """
    if live is None or not live.has_shadow:
        return
    # A model serves alone with a configuration of its own name.
    alone = live.model(OLD_VARIANT)
    sagemaker.update_endpoint(**update_request(endpoint.name, alone, keep_capacity=True))
    raise EndpointBusy(f"{endpoint}, which has a shadow that nobody compares; it is taken away")


def with_shadow(
    plan: Plan,
    *,
    package: ApprovedPackage,
    new_model: str,
    live: Configuration,
    settings: PlanSettings,
    sagemaker: Any,
) -> Plan:
    """`plan`, which lets the new model serve alone, with the shadow that comes before.

    A configuration that a stopped execution left for it is removed. Raises ClientError.
    """
    shadow = settings.serving.shadow
    if shadow is None:
        raise ShadowImpossible(
            "the settings say update: shadow without serving.shadow; deploy the app again"
        )
    name = shadow_name(package, old=live.name, new=new_model, sample_percent=shadow.sample_percent)
    remove_config(sagemaker, name)
    return {
        **plan,
        "shadow": {
            "config": shadow_config_request(
                name,
                old=live.variants[OLD_VARIANT],
                new=variant_of(new_model, settings),
                sample_percent=shadow.sample_percent,
                settings=settings,
            ),
            "endpoint": update_request(settings.endpoint_name, name, keep_capacity=True),
            "seconds": shadow.minutes * 60,
        },
        "summary": f"{plan['summary']}\nBefore that it was the shadow of {live.name} for "
        f"{shadow.minutes} minutes",
    }
