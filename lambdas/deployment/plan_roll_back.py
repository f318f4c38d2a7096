"""Decide what a roll-back by hand asks of SageMaker: an earlier deployment serves again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.champion_record import ChampionRecord, Deployed
from contracts.operator_requests import RESUME, RollBackRequest
from contracts.traffic_split import ACTION, OLD_VARIANT
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.model_package import metadata_of, package_of_model
from lambdas.deployment.plan_batch import roll_back_plan
from lambdas.deployment.plan_document import Plan, nothing, plan_of
from lambdas.deployment.rollout import guarded_update_request
from lambdas.deployment.settings import PlanSettings
from lambdas.deployment.split import SplitIsOn, read_configuration
from lambdas.deployment.split_commands import end_command
from lambdas.deployment.times import now
from lambdas.deployment.usable_endpoint import usable_endpoint


class NothingToRollBackTo(Exception):
    """A roll-back was asked for, and what it names or what served before cannot serve."""


@dataclass(frozen=True, kw_only=True)
class RollBackPlanner:
    """Plans roll-backs by hand. `sagemaker` is a boto3 client.

    Attributes:
        record: what the champion record says; None as long as there is none.
    """

    settings: PlanSettings
    sagemaker: Any
    record: ChampionRecord | None

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for an operator's request; its form is in `contracts.operator_requests`.

        Raises:
            OperatorRequestError: the request is of another form.
            NothingToRollBackTo: says which versions there are.
            SplitIsOn: an operator has to end the split first.
            EndpointBusy: plan again later.
            EndpointUnusable: an operator has to act first.
            ClientError: SageMaker refuses.
        """
        request = RollBackRequest.parse(event)
        if self.record is not None and not self.settings.serving.has_endpoint:
            return self._of_model(request, self.record)
        endpoint = usable_endpoint(self.sagemaker, self.settings.endpoint_name)
        if self.record is None:
            raise NothingToRollBackTo(
                f"there is no champion record of {self.settings.workload}, so nothing served "
                "before; approve the model package that is to serve"
            )
        if endpoint is None:
            raise NothingToRollBackTo(
                f"there is no endpoint {self.settings.endpoint_name}: it is paused, or somebody "
                f'deleted it; first start the state machine with {{"{ACTION}": "{RESUME}"}}, '
                f"which lets version {self.record.champion.version} serve again"
            )
        target = self._target(request, self.record)
        if target is self.record.champion and endpoint.config == target.config:
            return nothing(
                f"Version {target.version} is the champion and serves already",
                keep=list(self.record.names),
            )
        self._check(endpoint, target)
        return self._plan(endpoint, self.record, target)

    def _of_model(self, request: RollBackRequest, record: ChampionRecord) -> Plan:
        """In mode batch: the record goes back, if the model is still there."""
        target = self._target(request, record)
        if target is record.champion:
            return nothing(
                f"Version {target.version} is the champion already", keep=list(record.names)
            )
        if package_of_model(self.sagemaker, target.model) != target.package:
            raise NothingToRollBackTo(
                f"the model {target.model} of version {target.version} was deleted; approve "
                f"{target.package} again instead, which makes it anew"
            )
        return roll_back_plan(record, record.rolled_back_to(target, approved_at=now()))

    @staticmethod
    def _target(request: RollBackRequest, record: ChampionRecord) -> Deployed:
        there = (record.champion, *record.history)
        if request.to is None and record.history:
            return record.history[0]
        for each in there:
            if each.version == request.to:
                return each
        which = "what served before" if request.to is None else f"version {request.to}"
        versions = ", ".join(str(each.version) for each in record.history) or "none"
        raise NothingToRollBackTo(
            f"{which} is not kept: version {record.champion.version} serves, and before it served "
            f"{versions}; approve the model package that is to serve"
        )

    def _check(self, endpoint: Endpoint, target: Deployed) -> None:
        group = self.settings.model_package_group
        live = read_configuration(self.sagemaker, endpoint.config, group=group)
        if live is not None and live.is_split:
            raise SplitIsOn(
                f"the endpoint {endpoint.name} splits its requests; end the split first: "
                f"{end_command(self.settings)}old"
            )
        if read_configuration(self.sagemaker, target.config, group=group) is None:
            raise NothingToRollBackTo(
                f"the endpoint configuration {target.config} of version {target.version} was "
                f"deleted; approve {target.package} again instead, which makes it anew"
            )

    def _plan(self, endpoint: Endpoint, record: ChampionRecord, target: Deployed) -> Plan:
        metadata = metadata_of(self.sagemaker, target.package)
        left = record.champion
        after = record if target is left else record.rolled_back_to(target, approved_at=now())
        rejected = left.package if left.package != target.package else ""
        # An execution that was stopped may have brought it already, and has to go back still.
        serves = endpoint.config == target.config
        return plan_of(
            "roll_back",
            endpoint=guarded_update_request(self.settings, endpoint, target.config),
            samples=metadata.get("samples", ""),
            evaluation_report=metadata.get("evaluation_report", ""),
            model_package=target.package,
            update=not serves,
            previous_config=left.config if serves else endpoint.config,
            champion=after.document(),
            keep=list(after.names),
            rejected_package=rejected,
            rejected_reason=f"An operator rolled the endpoint back to version {target.version}.",
            weights={
                "before": {} if serves else dict(endpoint.weights),
                "after": {OLD_VARIANT: 1.0},
            },
            headline=f"Rolled back: {target.config}",
            summary=f"Roll-back by hand of the endpoint {endpoint.name}: version {target.version} "
            f"({target.config}) takes the place of version {left.version} ({endpoint.config})",
        )
