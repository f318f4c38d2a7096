"""Decide what a deployment asks of SageMaker, and what it would go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.events import ModelPackageStateChange
from lambdas.deployment.endpoint import (
    FAILED,
    IN_SERVICE,
    Endpoint,
    delete_endpoint,
    find_endpoint,
)
from lambdas.deployment.model_package import ApprovedPackage, ModelPackageRefused, read_approved
from lambdas.deployment.removal import remove_deployment
from lambdas.deployment.requests import (
    deployment_name,
    endpoint_config_request,
    model_request,
)
from lambdas.deployment.settings import PlanSettings

Plan = dict[str, Any]


class EndpointBusy(Exception):
    """The endpoint changes right now; the state machine plans again later."""


class EndpointUnusable(Exception):
    """The endpoint is in a status from which only an operator can bring it back."""


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Plans deployments to one endpoint. `sagemaker` is a boto3 client."""

    settings: PlanSettings
    sagemaker: Any

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for SageMaker's event of an approval; the same for the same event.

        It says `nothing_to_do`, and perhaps no more, where the version is live already or where
        the event tells of another change than the approval.

        What an earlier execution for the same package left behind, and nothing uses, is removed.

        Raises:
            EventError: the event is none of a model package.
            ModelPackageRefused: the package is not, or no longer, to be deployed.
            ModelPackageUnfinished: plan again later.
            EndpointBusy: plan again later.
            EndpointUnusable: an operator has to act first.
            ClientError: SageMaker refuses.
        """
        change = ModelPackageStateChange.parse(event)
        group = self.settings.model_package_group
        if change.group != group:
            raise ModelPackageRefused(
                f"{change.model_package_arn} belongs to the group {change.group}, "
                f"this endpoint serves {group}"
            )
        if not change.is_decision:
            return {
                "nothing_to_do": True,
                "summary": f"{change.model_package_arn} was approved before; only "
                f"{', '.join(change.changed)} changed, which deploys nothing",
            }
        package = read_approved(self.sagemaker, arn=change.model_package_arn, group=group)
        name = deployment_name(package, self.settings)
        endpoint = self._usable_endpoint()
        live = endpoint is not None and endpoint.config == name
        if not live:
            remove_deployment(self.sagemaker, name)
        previous = endpoint.config if endpoint is not None and not live else None
        return {
            "model": model_request(name, package, self.settings),
            "endpoint_config": endpoint_config_request(name, self.settings),
            "endpoint": {
                "EndpointName": self.settings.endpoint_name,
                "EndpointConfigName": name,
            },
            "endpoint_exists": endpoint is not None,
            "nothing_to_do": live,
            "previous_config": previous,
            "samples": package.samples,
            "model_package": package.arn,
            "summary": _summary(package, self.settings, live=live, previous=previous),
        }

    def _usable_endpoint(self) -> Endpoint | None:
        """The endpoint in service, or None if there is none."""
        endpoint = find_endpoint(self.sagemaker, self.settings.endpoint_name)
        if endpoint is None or endpoint.status == IN_SERVICE:
            return endpoint
        if endpoint.changes:
            raise EndpointBusy(f"{endpoint}; wait until that is over")
        if endpoint.status == FAILED:
            # It serves nothing, and SageMaker lets nothing be done with it but this.
            delete_endpoint(self.sagemaker, endpoint.name)
            raise EndpointBusy(f"{endpoint}; it is being deleted and then created anew")
        raise EndpointUnusable(
            f"{endpoint}: bring it back with UpdateEndpoint to a configuration that worked, or "
            "delete it; then approve the model package again"
        )


def _summary(
    package: ApprovedPackage, settings: PlanSettings, *, live: bool, previous: str | None
) -> str:
    if live:
        instead = "it is live already"
    elif previous:
        instead = f"in the place of {previous}"
    else:
        instead = "the first deployment"
    data = f", trained on dataset version {package.dataset_version}"
    return (
        f"Version {package.version} of {package.group}{data if package.dataset_version else ''}, "
        f"to the endpoint {settings.endpoint_name} on {settings.instance_count} x "
        f"{settings.instance_type}: {instead}"
    )
