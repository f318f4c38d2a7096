"""Decide what the approval of a model package asks of SageMaker, and what it would go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.champion_record import ChampionRecord, Deployed
from contracts.events import ModelPackageStateChange
from contracts.traffic_split import (
    NEW_VARIANT,
    OLD_VARIANT,
    percent,
    share_of_new,
    weights_for,
)
from lambdas.deployment.champion import deployed
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.figures import Figures
from lambdas.deployment.model_package import (
    ApprovedPackage,
    ModelPackageRefused,
    TriedBefore,
    package_of_model,
    read_approved,
)
from lambdas.deployment.plan_batch import approval_plan
from lambdas.deployment.plan_document import Plan, nothing, plan_of
from lambdas.deployment.plan_shadow import may_have_shadow, take_left_shadow_away, with_shadow
from lambdas.deployment.removal import remove_config, remove_deployment
from lambdas.deployment.requests import (
    create_request,
    deployment_name,
    model_request,
    sole_config_request,
    split_config_request,
    split_name,
    update_request,
    variant_of,
)
from lambdas.deployment.rollout import guarded_update_request
from lambdas.deployment.settings import PlanSettings
from lambdas.deployment.split import Configuration, SplitIsOn, may_share, read_configuration
from lambdas.deployment.split_commands import end_command, what_next
from lambdas.deployment.times import now, whole_seconds
from lambdas.deployment.usable_endpoint import usable_endpoint


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Plans deployments to one endpoint. `sagemaker` and `s3` are boto3 clients.

    Attributes:
        record: what the champion record says; None as long as there is none.
    """

    settings: PlanSettings
    sagemaker: Any
    s3: Any
    record: ChampionRecord | None = None

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for SageMaker's event of an approval; the same for the same event.

        It says `nothing_to_do`, and perhaps no more, where the version is live and recorded
        already, where a later decision was carried out before, where it failed before, or where
        the event tells of another change than the approval.

        What an earlier execution for the same package left behind, and nothing uses, is removed.
        A version that serves and was not recorded, since the execution that brought it was
        stopped, is proved again.

        Raises:
            EventError: the event is none of a model package.
            ModelPackageRefused: the package is not, or no longer, to be deployed.
            ModelPackageUnfinished: plan again later.
            EndpointBusy: plan again later.
            EndpointUnusable: an operator has to act first.
            SplitIsOn: an operator has to end the split first.
            SplitImpossible: the new model cannot share the requests with what serves.
            ShadowImpossible: the new model cannot be the shadow of what serves.
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
            return nothing(
                f"{change.model_package_arn} was approved before; only "
                f"{', '.join(change.changed)} changed, which deploys nothing"
            )
        endpoint = usable_endpoint(self.sagemaker, self.settings.endpoint_name)
        late = self._comes_late(change, endpoint)
        if late:
            return late
        try:
            package = read_approved(self.sagemaker, arn=change.model_package_arn, group=group)
        except TriedBefore as failed:
            return nothing(str(failed))
        name = deployment_name(package, self.settings)
        approved_at = whole_seconds(change.time) or now()
        if not self.settings.serving.has_endpoint:
            return self._model_alone(package, name, endpoint, approved_at=approved_at)
        config = endpoint.config if endpoint else ""
        live = read_configuration(self.sagemaker, config, group=group)
        if live is not None and live.is_split:
            return self._while_split(package, name, live)
        if endpoint is not None and config != name and self.settings.serving.first_share < 1:
            return self._split(package, name, config, live)
        if endpoint is not None and config != name and self.settings.serving.update == "shadow":
            take_left_shadow_away(self.sagemaker, endpoint, live)
            old = may_have_shadow(live, config=config, settings=self.settings)
            plan = self._sole(package, name, endpoint, live, approved_at=approved_at)
            return with_shadow(
                plan,
                package=package,
                new_model=name,
                live=old,
                settings=self.settings,
                sagemaker=self.sagemaker,
            )
        return self._sole(package, name, endpoint, live, approved_at=approved_at)

    def _comes_late(self, change: ModelPackageStateChange, endpoint: Endpoint | None) -> Plan:
        """What to say of an event that a later decision has overtaken; empty if none has.

        EventBridge delivers an event again at times, hours later. Its time has whole seconds:
        of two approvals in one second the greater version counts as the later one.
        """
        if self.record is None or not change.time:
            return {}
        champion = self.record.champion
        decided = (whole_seconds(champion.approved_at), champion.version)
        if (whole_seconds(change.time), change.version) > decided:
            return {}
        as_recorded = endpoint is None or endpoint.config == champion.config
        return nothing(
            f"{change.model_package_arn} was approved at {change.time}; version "
            f"{champion.version}, decided at {champion.approved_at}, was deployed since then or "
            "by this very approval: to deploy this one, approve it again",
            keep=list(self.record.names) if as_recorded else [],
        )

    def _sole(
        self,
        package: ApprovedPackage,
        name: str,
        endpoint: Endpoint | None,
        live: Configuration | None,
        *,
        approved_at: str,
    ) -> Plan:
        """The new model alone, in the place of what served."""
        serves = endpoint is not None and endpoint.config == name
        if serves:
            previous = self._unlike(name)
            instead = "it serves already, and has to prove itself"
        else:
            remove_deployment(self.sagemaker, name)
            previous = endpoint.config if endpoint is not None else None
            instead = f"in the place of {previous}" if previous else self._without_endpoint()
        before = self._before(live if not serves else None)
        figures = Figures.read(self.s3, package.evaluation_report)
        new = _deployed(package, name, figures, approved_at=approved_at)
        record = before.followed_by(new) if before else ChampionRecord(champion=new)
        was = before.champion if before and before.champion.config != name else None
        return plan_of(
            "deployment",
            **self._of_new_model(package, name),
            make_model=not serves,
            make_config=not serves,
            update=not serves,
            endpoint_config=sole_config_request(
                name, variant_of(name, self.settings), settings=self.settings
            ),
            endpoint=self._endpoint_request(name, endpoint),
            endpoint_exists=endpoint is not None,
            probe=bool(previous) and not serves and self.settings.serving.answers_at_once,
            bake=serves or endpoint is None,
            previous_config=previous,
            champion=record.document(),
            keep=[*record.names, *([previous] if previous else [])],
            made={"config": name, "model": name},
            weights={
                "before": dict(endpoint.weights) if endpoint and not serves else {},
                "after": {OLD_VARIANT: 1.0},
            },
            headline=f"Live: {name}",
            summary="\n".join(
                line for line in (f"{self._what(package)}: {instead}", figures.beside(was)) if line
            ),
        )

    def _model_alone(
        self, package: ApprovedPackage, name: str, endpoint: Endpoint | None, *, approved_at: str
    ) -> Plan:
        """In mode batch: a model without an endpoint."""
        figures = Figures.read(self.s3, package.evaluation_report)
        plan = approval_plan(
            _deployed(package, name, figures, approved_at=approved_at),
            model_request(name, package, self.settings),
            record=self.record,
            sagemaker=self.sagemaker,
            what=f"Version {package.version} of {package.group}",
        )
        said = [plan["summary"], figures.beside(self.record.champion if self.record else None)]
        if endpoint is not None:
            said.append(
                f"The endpoint {endpoint.name}, from when the mode was another, is still there and "
                f"billed: aws sagemaker delete-endpoint --endpoint-name {endpoint.name}"
            )
        return {
            **plan,
            "evaluation_report": package.evaluation_report,
            "summary": "\n".join(line for line in said if line),
        }

    def _endpoint_request(self, name: str, endpoint: Endpoint | None) -> dict[str, Any]:
        if endpoint is None:
            return create_request(self.settings.endpoint_name, name)
        return guarded_update_request(self.settings, endpoint, name)

    def _without_endpoint(self) -> str:
        if self.record is None:
            return "the first deployment"
        return f"the endpoint is made again, last was {self.record.champion.config}"

    def _unlike(self, name: str) -> str | None:
        """The recorded champion's configuration, to go back to from `name`, if it is there."""
        if self.record is None or self.record.champion.config == name:
            return None
        config = self.record.champion.config
        group = self.settings.model_package_group
        return config if read_configuration(self.sagemaker, config, group=group) else None

    def _before(self, live: Configuration | None) -> ChampionRecord | None:
        """The record so far, or what can be said of the configuration `live` without one."""
        if self.record is not None or live is None or set(live.variants) != {OLD_VARIANT}:
            return self.record
        model = live.model(OLD_VARIANT)
        found = deployed(package_of_model(self.sagemaker, model), model=model)
        return ChampionRecord(champion=found) if found and live.name == model else None

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
        recorded = self.record.names if self.record else ()
        return plan_of(
            "deployment",
            **self._of_new_model(package, name),
            make_model=True,
            make_config=True,
            endpoint_config=split_config_request(
                split,
                old=old.variants[OLD_VARIANT],
                new=variant_of(name, settings),
                share=share,
                settings=settings,
            ),
            endpoint=update_request(settings.endpoint_name, split, keep_capacity=True),
            previous_config=config,
            keep=[*dict.fromkeys((split, config, old.model(OLD_VARIANT), name, *recorded))],
            made={"config": split, "model": name},
            target_variant=NEW_VARIANT,
            new_share=share_of_new(weights),
            weights={"before": {OLD_VARIANT: 1.0}, "after": weights},
            headline=f"Split: {percent(share)} to {name}",
            summary=f"{self._what(package)}: beside {config}, with {percent(share)} of the "
            "requests",
            next=what_next(settings),
        )

    def _while_split(self, package: ApprovedPackage, name: str, live: Configuration) -> Plan:
        """Two models serve: nothing is deployed before an operator has ended that."""
        models = {live.model(OLD_VARIANT): "old", live.model(NEW_VARIANT): "new"}
        if models.get(name) == "new":
            return nothing(f"{self._what(package)}: it is the new model of the split already")
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
            "model": model_request(name, package, self.settings),
            "samples": package.samples,
            "evaluation_report": package.evaluation_report,
            "model_package": package.arn,
        }

    def _what(self, package: ApprovedPackage) -> str:
        settings = self.settings
        data = f", trained on dataset version {package.dataset_version}"
        return (
            f"Version {package.version} of {package.group}"
            f"{data if package.dataset_version else ''}, to the endpoint "
            f"{settings.endpoint_name} on {settings.serving}"
        )


def _deployed(
    package: ApprovedPackage, name: str, figures: Figures, *, approved_at: str
) -> Deployed:
    """As the champion record is to know it."""
    return Deployed(
        package=package.arn,
        version=package.version,
        model=name,
        config=name,
        approved_at=approved_at,
        metrics=figures.metrics,
        model_sha256=package.model_sha256,
    )
