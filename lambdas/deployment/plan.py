"""Decide what a deployment asks of SageMaker, and what it would go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.events import ModelPackageStateChange
from contracts.traffic_split import (
    NEW_VARIANT,
    OLD_VARIANT,
    percent,
    share_of_new,
    weights_for,
)
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.model_package import ApprovedPackage, ModelPackageRefused, read_approved
from lambdas.deployment.removal import remove_config, remove_deployment
from lambdas.deployment.requests import (
    deployment_name,
    model_request,
    sole_config_request,
    split_config_request,
    split_name,
    update_request,
    variant_of,
)
from lambdas.deployment.settings import PlanSettings
from lambdas.deployment.split import Configuration, SplitIsOn, may_share, read_configuration
from lambdas.deployment.split_commands import end_command, what_next
from lambdas.deployment.usable_endpoint import usable_endpoint

Plan = dict[str, Any]


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
            SplitIsOn: an operator has to end the split first.
            SplitImpossible: the new model cannot share the requests with what serves.
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
        endpoint = usable_endpoint(self.sagemaker, self.settings.endpoint_name)
        config = endpoint.config if endpoint else ""
        live = read_configuration(self.sagemaker, config, group=group)
        if live is not None and live.is_split:
            return self._while_split(package, name, live)
        if endpoint is not None and config != name and self.settings.serving.first_share < 1:
            return self._split(package, name, config, live)
        return self._sole(package, name, endpoint)

    def _sole(self, package: ApprovedPackage, name: str, endpoint: Endpoint | None) -> Plan:
        """The new model alone, in the place of what served."""
        live = endpoint is not None and endpoint.config == name
        if not live:
            remove_deployment(self.sagemaker, name)
        previous = endpoint.config if endpoint is not None and not live else None
        if live:
            instead = "it is live already"
        else:
            instead = f"in the place of {previous}" if previous else "the first deployment"
        return {
            **self._of_new_model(package, name),
            "endpoint_config": sole_config_request(
                name, variant_of(name, self.settings), settings=self.settings
            ),
            "endpoint": update_request(self.settings.endpoint_name, name, keep_capacity=False),
            "endpoint_exists": endpoint is not None,
            "nothing_to_do": live,
            "previous_config": previous,
            "keep": [each for each in (name, previous) if each],
            "made": {"config": name, "model": name},
            "target_variant": "",
            "new_share": 0,
            "weights": {
                "before": dict(endpoint.weights) if endpoint else {},
                "after": {OLD_VARIANT: 1.0},
            },
            "headline": f"Live: {name}",
            "summary": f"{self._what(package)}: {instead}",
            "next": "",
        }

    def _split(
        self, package: ApprovedPackage, name: str, config: str, live: Configuration | None
    ) -> Plan:
        """The new model beside the one that serves."""
        settings, share = self.settings, self.settings.serving.first_share
        old = may_share(live, config=config, kms_key_arn=settings.kms_key_arn)
        split = split_name(package, old=config, new=name, share=share)
        remove_config(self.sagemaker, split)
        remove_deployment(self.sagemaker, name)
        weights = weights_for(share)
        return {
            **self._of_new_model(package, name),
            "endpoint_config": split_config_request(
                split,
                old=old.variants[OLD_VARIANT],
                new=variant_of(name, settings),
                share=share,
                settings=settings,
            ),
            "endpoint": update_request(settings.endpoint_name, split, keep_capacity=True),
            "endpoint_exists": True,
            "nothing_to_do": False,
            "previous_config": config,
            "keep": [split, config, old.model(OLD_VARIANT), name],
            "made": {"config": split, "model": name},
            "target_variant": NEW_VARIANT,
            "new_share": share_of_new(weights),
            "weights": {"before": {OLD_VARIANT: 1.0}, "after": weights},
            "headline": f"Split: {percent(share)} to {name}",
            "summary": f"{self._what(package)}: beside {config}, with {percent(share)} of the "
            "requests",
            "next": what_next(settings),
        }

    def _while_split(self, package: ApprovedPackage, name: str, live: Configuration) -> Plan:
        """Two models serve: nothing is deployed before an operator has ended that."""
        models = {live.model(OLD_VARIANT): "old", live.model(NEW_VARIANT): "new"}
        if models.get(name) == "new":
            return {
                "nothing_to_do": True,
                "summary": f"{self._what(package)}: it is the new model of the split already",
            }
        if models.get(name) == "old":
            advice = f"it is the old model; to let it serve alone: {end_command(self.settings)}old"
        else:
            advice = (
                "end the split, then approve this package again: "
                f"{end_command(self.settings)}new (or old)"
            )
        raise SplitIsOn(
            f"{package.arn} is not deployed: the endpoint {self.settings.endpoint_name} splits "
            f"its requests between {live.model(OLD_VARIANT)} and {live.model(NEW_VARIANT)}; "
            f"{advice}"
        )

    def _of_new_model(self, package: ApprovedPackage, name: str) -> Plan:
        return {
            "kind": "deployment",
            "make_model": True,
            "make_config": True,
            "model": model_request(name, package, self.settings),
            "samples": package.samples,
            "evaluation_report": package.evaluation_report,
            "model_package": package.arn,
            "rejected_package": "",
        }

    def _what(self, package: ApprovedPackage) -> str:
        settings = self.settings
        data = f", trained on dataset version {package.dataset_version}"
        return (
            f"Version {package.version} of {package.group}"
            f"{data if package.dataset_version else ''}, to the endpoint "
            f"{settings.endpoint_name} on {settings.serving}"
        )
