"""Go back to what served before a deployment, one move a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.traffic_split import percent, same_share, share_of_new
from lambdas.deployment.endpoint import (
    DELETING,
    FAILED,
    IN_SERVICE,
    Endpoint,
    delete_endpoint,
    find_endpoint,
    is_in_progress,
)
from lambdas.deployment.plan_batch import MODEL
from lambdas.deployment.removal import remove_config, remove_model
from lambdas.deployment.requests import update_request, weights_request
from lambdas.deployment.rollout import back_at_once
from lambdas.shared.aws_errors import error_code, is_missing


@dataclass(frozen=True)
class Move:
    """Attributes:
    done: whether there is nothing left to do, or nothing that this code can do.
    detail: what is, or what an operator has to do, for people.
    """

    done: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class RollBack:
    """Takes the deployment `config` back. `sagemaker` is a boto3 client.

    Attributes:
        config: name of the endpoint configuration that was asked for.
        on_the_way: another one that was asked for before it; empty if there was none.
        previous: configuration that served before; None on a first deployment.
        weights: of the variants of `previous`, by their names.
        made_config, made_model: what was made for the deployment; empty for what was there.
        keep_capacity: whether instances that variants were scaled to are kept.
        deployment_config: of the update that is taken back; None for one without.
    """

    sagemaker: Any
    endpoint_name: str
    config: str
    on_the_way: str
    previous: str | None
    weights: Mapping[str, float]
    made_config: str
    made_model: str
    keep_capacity: bool
    deployment_config: Mapping[str, Any] | None = None

    @classmethod
    def of_plan(cls, plan: Mapping[str, Any], *, sagemaker: Any, endpoint_name: str) -> RollBack:
        """The roll-back of what `plan` answered."""
        return cls(
            sagemaker=sagemaker,
            endpoint_name=endpoint_name,
            config=plan["endpoint"]["EndpointConfigName"],
            on_the_way=plan.get("shadow", {}).get("config", {}).get("EndpointConfigName", ""),
            previous=plan["previous_config"],
            weights=plan["weights"]["before"],
            made_config=plan["made"]["config"],
            made_model=plan["made"]["model"],
            keep_capacity=plan["endpoint"].get("RetainAllVariantProperties", False),
            deployment_config=plan["endpoint"].get("DeploymentConfig"),
        )

    def move(self) -> Move:
        """Look at the endpoint and do the next thing. Never waits.

        Raises:
            ClientError: SageMaker refuses.
        """
        endpoint = find_endpoint(self.sagemaker, self.endpoint_name)
        if endpoint is None:
            return self._gone()
        if endpoint.status == IN_SERVICE and endpoint.config == self.previous:
            return self._as_before(endpoint)
        if endpoint.status == IN_SERVICE and endpoint.config not in (self.config, self.on_the_way):
            return self._others_serve(endpoint)
        if self.previous is None:
            return self._delete(endpoint)
        if endpoint.changes:
            return Move(False, f"{endpoint}; it goes back to {self.previous} once that is over")
        if endpoint.status == FAILED:
            # SageMaker lets it be deleted only, and what is left may still be looked into.
            return self._ask_operator(endpoint, "delete it and approve a model package that works")
        request = update_request(
            endpoint.name,
            self.previous,
            keep_capacity=self.keep_capacity,
            deployment_config=self.deployment_config and back_at_once(self.deployment_config),
        )
        return self._update(endpoint, request)

    def _gone(self) -> Move:
        self._remove_made()
        if self.previous is None:
            return Move(True, f"There is no endpoint {self.endpoint_name}, as before")
        return Move(
            True,
            f"The endpoint {self.endpoint_name} is gone, which this deployment did not delete. "
            "Approve a model package again to create it",
        )

    def _as_before(self, endpoint: Endpoint) -> Move:
        """What served before serves; a configuration has the weights that it began with."""
        share = share_of_new(self.weights)
        if len(self.weights) > 1 and not same_share(share_of_new(endpoint.weights), share):
            return self._shift(endpoint, share)
        self._remove_made()
        split = f", with {percent(share)} to the new model" if share else ""
        return Move(True, f"The endpoint {endpoint.name} serves {self.previous}{split}, as before")

    def _others_serve(self, endpoint: Endpoint) -> Move:
        """The new configuration is not in use: what was made can go."""
        self._remove_made()
        return Move(
            True,
            f"The endpoint {endpoint.name} serves {endpoint.config}, which someone else asked for; "
            "it is left as it is",
        )

    def _remove_made(self) -> None:
        for config in (self.made_config, self.on_the_way):
            if config:
                remove_config(self.sagemaker, config)
        if self.made_model:
            remove_model(self.sagemaker, self.made_model)

    def _delete(self, endpoint: Endpoint) -> Move:
        if endpoint.status == DELETING:
            return Move(False, f"The endpoint {endpoint.name} is being deleted")
        if delete_endpoint(self.sagemaker, endpoint.name):
            return Move(False, f"{endpoint}; nothing served before, so it is being deleted")
        return Move(False, f"{endpoint}; it is deleted once that is over")

    def _update(self, endpoint: Endpoint, request: Mapping[str, Any]) -> Move:
        back = f"{endpoint}; it goes back to {self.previous}"
        return self._ask(endpoint, self.sagemaker.update_endpoint, request, back)

    def _shift(self, endpoint: Endpoint, share: float) -> Move:
        back = f"{endpoint}; the new model gets {percent(share)} of the requests again"
        request = weights_request(endpoint.name, self.weights)
        return self._ask(
            endpoint, self.sagemaker.update_endpoint_weights_and_capacities, request, back
        )

    def _ask(
        self,
        endpoint: Endpoint,
        call: Callable[..., Any],
        request: Mapping[str, Any],
        back: str,
    ) -> Move:
        try:
            call(**request)
        except ClientError as error:
            if is_in_progress(error):
                return Move(False, f"{back} once that is over")
            if is_missing(error) or error_code(error) == "ValidationException":
                return self._ask_operator(endpoint, f"SageMaker refuses to go back: {error}")
            raise
        return Move(False, back)

    def _ask_operator(self, endpoint: Endpoint, what: str) -> Move:
        return Move(
            True,
            f"NOT ROLLED BACK, an operator is needed: {endpoint}, before it served "
            f"{self.previous}: {what}. The model and configuration {self.config} are left",
        )


def roll_back(plan: Mapping[str, Any], *, sagemaker: Any, endpoint_name: str) -> Move:
    """The next move; where `plan` is empty, nothing was made. Raises ClientError."""
    if not plan:
        return Move(True, "Nothing was made, and the endpoint was left as it is")
    if plan["kind"] == MODEL:
        made = plan["made"]["model"]
        removed = bool(made) and remove_model(sagemaker, made)
        return Move(True, f"Removed the model {made}" if removed else "No model was made")
    return RollBack.of_plan(plan, sagemaker=sagemaker, endpoint_name=endpoint_name).move()
