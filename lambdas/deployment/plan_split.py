"""Decide what an operator's change of a split asks of SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.champion_record import ChampionRecord
from contracts.traffic_split import (
    NEW,
    NEW_VARIANT,
    OLD_VARIANT,
    End,
    Shift,
    parse,
    percent,
    same_share,
    share_of_new,
    weights_for,
)
from lambdas.deployment.champion import deployed
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.figures import Figures
from lambdas.deployment.model_package import (
    ModelPackageRefused,
    metadata_of,
    package_of_model,
    read_approved,
)
from lambdas.deployment.plan_document import Plan, nothing, plan_of
from lambdas.deployment.requests import sole_config_request, update_request, weights_request
from lambdas.deployment.settings import PlanSettings
from lambdas.deployment.split import Configuration, NoSplit, read_configuration
from lambdas.deployment.split_commands import end_command, what_next
from lambdas.deployment.times import now
from lambdas.deployment.usable_endpoint import usable_endpoint


@dataclass(frozen=True, kw_only=True)
class SplitPlanner:
    """Plans changes of a split. `sagemaker` and `s3` are boto3 clients.

    Attributes:
        record: what the champion record says; None as long as there is none.
    """

    settings: PlanSettings
    sagemaker: Any
    s3: Any
    record: ChampionRecord | None = None

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for an operator's request; its form is in `contracts.traffic_split`.

        Raises:
            SplitRequestError: the request is of another form.
            NoSplit: there is none to change.
            ModelPackageRefused: the winner's approval was withdrawn.
            EndpointBusy: plan again later.
            EndpointUnusable: an operator has to act first.
            ClientError: SageMaker refuses.
        """
        request = parse(event)
        name = self.settings.endpoint_name
        endpoint = usable_endpoint(self.sagemaker, name)
        if endpoint is None:
            raise NoSplit(
                f"there is no endpoint {name}, nothing was deployed yet; approve a model package"
            )
        group = self.settings.model_package_group
        live = read_configuration(self.sagemaker, endpoint.config, group=group)
        if live is None or not live.is_split:
            if isinstance(request, End) and live is not None and self.record is not None:
                return self._ended(request, endpoint, live, self.record)
            raise NoSplit(
                f"the endpoint {name} serves with {endpoint.config} alone; a split begins when a "
                "further model package is approved, where the workload's YAML says "
                "serving.update: split"
            )
        if isinstance(request, Shift):
            return self._shift(request, endpoint, live)
        return self._end(request, endpoint, live)

    def _shift(self, request: Shift, endpoint: Endpoint, live: Configuration) -> Plan:
        before = share_of_new(endpoint.weights)
        after = weights_for(request.share)
        new = live.model(NEW_VARIANT)
        return plan_of(
            "shift",
            shift=weights_request(endpoint.name, after),
            nothing_to_do=same_share(before, request.share),
            endpoint=update_request(endpoint.name, live.name, keep_capacity=True),
            previous_config=live.name,
            new_share=share_of_new(after),
            weights={"before": dict(endpoint.weights), "after": after},
            headline=f"Split: {percent(request.share)} to {new}",
            summary=f"The new model {new} of the endpoint {endpoint.name} gets "
            f"{percent(request.share)} of the requests, before {percent(before)}; "
            f"{live.model(OLD_VARIANT)} gets the others",
            next=what_next(self.settings),
        )

    def _end(self, request: End, endpoint: Endpoint, live: Configuration) -> Plan:
        new_wins = request.winner == NEW
        variant = NEW_VARIANT if new_wins else OLD_VARIANT
        winner, loser = live.model(variant), live.model(OLD_VARIANT if new_wins else NEW_VARIANT)
        group = self.settings.model_package_group
        there = read_configuration(self.sagemaker, winner, group=group)
        before = share_of_new(endpoint.weights)
        packages = self._packages(winner, loser, new_wins=new_wins)
        record = self._record(winner, loser, packages) if new_wins else self.record
        return plan_of(
            "end",
            **packages,
            make_config=there is None,
            endpoint_config=sole_config_request(
                winner, live.variants[variant], settings=self.settings
            ),
            endpoint=update_request(endpoint.name, winner, keep_capacity=True),
            probe=bool(packages["samples"]) and self.settings.serving.answers_at_once,
            previous_config=live.name,
            champion=record.document() if record and new_wins else {},
            # What served alone before is kept to go back to; a new model that lost is not.
            keep=[
                *dict.fromkeys(
                    (winner, *((loser,) if new_wins else ()), *(record.names if record else ()))
                )
            ],
            made={"config": winner if there is None else "", "model": ""},
            weights={"before": dict(endpoint.weights), "after": {OLD_VARIANT: 1.0}},
            headline=f"Live: {winner}",
            summary=f"The split of the endpoint {endpoint.name} ends: the {request.winner} "
            f"model {winner} serves alone; the new model had {percent(before)} of the requests",
        )

    def _ended(
        self, request: End, endpoint: Endpoint, live: Configuration, record: ChampionRecord
    ) -> Plan:
        """What is left of an end of a split whose execution was stopped after the update."""
        serves, champion = live.name, record.champion
        if serves == champion.config:
            return nothing(
                f"No split is on: {serves} serves alone and is the champion",
                keep=list(record.names),
            )
        packages = self._packages(serves, champion.model, new_wins=request.winner == NEW)
        proved = self._record(serves, champion.model, packages) or record
        return plan_of(
            "end",
            **{**packages, "rejected_package": ""},
            update=False,
            endpoint=update_request(endpoint.name, serves, keep_capacity=True),
            previous_config=champion.config,
            champion=proved.document(),
            keep=list(proved.names),
            made={"config": serves, "model": ""},
            weights={"before": {}, "after": {OLD_VARIANT: 1.0}},
            headline=f"Live: {serves}",
            summary=f"The split of the endpoint {endpoint.name} had ended: {serves} serves alone, "
            "and has to prove itself",
        )

    def _record(self, winner: str, loser: str, packages: Plan) -> ChampionRecord | None:
        """The champion record once the new model serves alone."""
        metadata = metadata_of(self.sagemaker, packages["model_package"])
        new = deployed(
            packages["model_package"],
            model=winner,
            approved_at=now(),
            metrics=Figures.read(self.s3, packages["evaluation_report"]).metrics,
            model_sha256=metadata.get("model_sha256", ""),
        )
        old = deployed(package_of_model(self.sagemaker, loser), model=loser)
        before = self.record or (ChampionRecord(champion=old) if old else None)
        if new is None:
            return before
        return before.followed_by(new) if before else ChampionRecord(champion=new)

    def _packages(self, winner: str, loser: str, *, new_wins: bool) -> Plan:
        """Packages and samples. A new model that lost is no champion any more."""
        arn = package_of_model(self.sagemaker, winner)
        if not new_wins:
            metadata = metadata_of(self.sagemaker, arn)
            return {
                "samples": metadata.get("samples", ""),
                "evaluation_report": metadata.get("evaluation_report", ""),
                "model_package": arn,
                "rejected_package": package_of_model(self.sagemaker, loser),
                "rejected_reason": "An operator ended the split of traffic for the old model.",
            }
        if not arn:
            raise ModelPackageRefused(
                f"the model {winner} is gone or was made of no model package: it cannot go on "
                f"alone; end the split with: {end_command(self.settings)}old"
            )
        package = read_approved(self.sagemaker, arn=arn, group=self.settings.model_package_group)
        return {
            "samples": package.samples,
            "evaluation_report": package.evaluation_report,
            "model_package": arn,
        }
