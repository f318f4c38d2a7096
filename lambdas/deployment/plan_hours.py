"""Decide what a pause outside the hours, and its end, ask of SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.champion_record import ChampionRecord
from contracts.operator_requests import PAUSE
from contracts.traffic_split import ACTION, OLD_VARIANT
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.model_package import metadata_of
from lambdas.deployment.plan_document import Plan, nothing, plan_of
from lambdas.deployment.requests import create_request
from lambdas.deployment.settings import PlanSettings
from lambdas.deployment.split import SplitIsOn, read_configuration
from lambdas.deployment.split_commands import end_command
from lambdas.deployment.usable_endpoint import usable_endpoint


class NoChampion(Exception):
    """An endpoint is to be made again, and nothing says with which model, or it is gone."""


@dataclass(frozen=True, kw_only=True)
class HoursPlanner:
    """Plans that the endpoint is deleted and made again. `sagemaker` is a boto3 client.

    Attributes:
        record: what the champion record says; None as long as there is none.
    """

    settings: PlanSettings
    sagemaker: Any
    record: ChampionRecord | None

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for `pause` or `resume` (`contracts.operator_requests`).

        Raises:
            SplitIsOn: what serves could not be made again as it is.
            NoChampion: approve a model package.
            EndpointBusy: plan again later.
            EndpointUnusable: an operator has to act first.
            ClientError: SageMaker refuses.
        """
        endpoint = usable_endpoint(self.sagemaker, self.settings.endpoint_name)
        return self._pause(endpoint) if event[ACTION] == PAUSE else self._resume(endpoint)

    def _pause(self, endpoint: Endpoint | None) -> Plan:
        name = self.settings.endpoint_name
        if endpoint is None:
            return nothing(f"The endpoint {name} is paused already, or was never made")
        group = self.settings.model_package_group
        live = read_configuration(self.sagemaker, endpoint.config, group=group)
        if live is not None and live.is_split:
            raise SplitIsOn(
                f"the endpoint {name} is not paused: it splits its requests, and would come back "
                f"without the split; end it first: {end_command(self.settings)}new (or old)"
            )
        if self.record is None or self.record.champion.config != endpoint.config:
            raise NoChampion(
                f"the endpoint {name} is not paused: it serves {endpoint.config}, which the "
                "champion record does not name, so that it could not be made again; approve a "
                "model package, whose deployment writes the record"
            )
        return plan_of(
            "pause",
            endpoint=create_request(name, endpoint.config),
            # Nothing is to serve: the moves of a roll-back to nothing delete the endpoint.
            previous_config=None,
            weights={"before": {}, "after": {}},
            headline=f"Paused: {name}",
            summary=f"The endpoint {name} is deleted until its hours begin again; "
            f"{endpoint.config} is kept",
        )

    def _resume(self, endpoint: Endpoint | None) -> Plan:
        name = self.settings.endpoint_name
        if endpoint is not None:
            return nothing(f"The endpoint {name} serves {endpoint.config} already")
        if self.record is None:
            raise NoChampion(
                f"the endpoint {name} cannot be made again: no deployment has proved itself yet; "
                "approve a model package"
            )
        champion = self.record.champion
        group = self.settings.model_package_group
        if read_configuration(self.sagemaker, champion.config, group=group) is None:
            raise NoChampion(
                f"the endpoint {name} cannot be made again: its configuration {champion.config} "
                f"was deleted; approve {champion.package} again, which makes it anew"
            )
        metadata = metadata_of(self.sagemaker, champion.package)
        return plan_of(
            "resume",
            endpoint=create_request(name, champion.config),
            endpoint_exists=False,
            samples=metadata.get("samples", ""),
            evaluation_report=metadata.get("evaluation_report", ""),
            model_package=champion.package,
            previous_config=None,
            keep=list(self.record.names),
            weights={"before": {}, "after": {OLD_VARIANT: 1.0}},
            headline=f"Resumed: {champion.config}",
            summary=f"The endpoint {name} is made again with version {champion.version}, "
            f"{champion.config}",
        )
