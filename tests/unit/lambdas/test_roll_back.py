from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lambdas.deployment.plan_document import Plan
from lambdas.deployment.roll_back import Move, roll_back
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    SageMaker,
    name_of,
    package,
    plan_for,
)

PREVIOUS = f"{GROUP}-v2-00000000"


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


def move(sagemaker: SageMaker, plan: Mapping[str, Any]) -> Move:
    return roll_back(plan, sagemaker=sagemaker.client(), endpoint_name=ENDPOINT)


def until_done(sagemaker: SageMaker, plan: Plan) -> Move:
    """Call as the state machine does, letting the endpoint settle between two calls."""
    for _ in range(6):
        answer = move(sagemaker, plan)
        if answer.done:
            return answer
        sagemaker.settle()
    pytest.fail(f"not done after six moves: {answer}")


def later_plan(sagemaker: SageMaker) -> Plan:
    sagemaker.serve(PREVIOUS)
    return plan_for(sagemaker)


def test_without_a_plan_there_is_nothing_to_do(sagemaker: SageMaker) -> None:
    sagemaker.serve(PREVIOUS)

    assert move(sagemaker, {}).done
    assert sagemaker.calls == []


@pytest.mark.parametrize("made", [0, 1, 2])
def test_before_the_endpoint_was_changed_what_was_made_is_removed(
    sagemaker: SageMaker, made: int
) -> None:
    plan = later_plan(sagemaker)
    sagemaker.models |= {name_of(plan)} if made > 0 else set()
    sagemaker.configs |= {name_of(plan)} if made > 1 else set()

    first, second = move(sagemaker, plan), move(sagemaker, plan)

    assert first.done
    assert first == second
    assert PREVIOUS in first.detail
    assert sagemaker.models == sagemaker.configs == {PREVIOUS}


@pytest.mark.parametrize("status", ["InService", "Updating", "SystemUpdating", "RollingBack"])
def test_what_served_before_serves_again(sagemaker: SageMaker, status: str) -> None:
    plan = later_plan(sagemaker)
    sagemaker.serve(name_of(plan), status)

    answer = until_done(sagemaker, plan)

    assert sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] == PREVIOUS
    assert sagemaker.models == sagemaker.configs == {PREVIOUS}
    assert sagemaker.calls.count(f"UpdateEndpoint {PREVIOUS}") == 1
    assert "as before" in answer.detail
    calls = list(sagemaker.calls)
    assert move(sagemaker, plan) == answer
    assert sagemaker.calls == calls


@pytest.mark.parametrize("status", ["InService", "Creating", "Failed", "OutOfService", "Deleting"])
@pytest.mark.parametrize("deletes_while_creating", [True, False])
def test_an_endpoint_that_did_not_exist_before_is_deleted(
    sagemaker: SageMaker, status: str, deletes_while_creating: bool
) -> None:
    plan = plan_for(sagemaker)
    sagemaker.deletes_while_creating = deletes_while_creating
    sagemaker.serve(name_of(plan), status)

    answer = until_done(sagemaker, plan)

    assert sagemaker.endpoints == {}
    assert sagemaker.models == sagemaker.configs == set()
    assert "as before" in answer.detail
    assert move(sagemaker, plan) == answer


def test_a_first_deployment_that_made_no_endpoint_leaves_nothing(sagemaker: SageMaker) -> None:
    plan = plan_for(sagemaker)
    sagemaker.add(name_of(plan))

    assert move(sagemaker, plan).done
    assert sagemaker.models == sagemaker.configs == set()


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed"])
def test_an_endpoint_that_cannot_be_updated_asks_for_an_operator_and_keeps_everything(
    sagemaker: SageMaker, status: str
) -> None:
    plan = later_plan(sagemaker)
    sagemaker.serve(name_of(plan), status)

    answer = move(sagemaker, plan)

    assert answer.done
    assert "an operator is needed" in answer.detail
    assert sagemaker.configs == {PREVIOUS, name_of(plan)}
    assert sagemaker.calls == []


def test_a_configuration_that_is_gone_asks_for_an_operator(sagemaker: SageMaker) -> None:
    plan = later_plan(sagemaker)
    sagemaker.serve(name_of(plan))
    sagemaker.configs.remove(PREVIOUS)

    answer = move(sagemaker, plan)

    assert answer.done
    assert "Could not find endpoint configuration" in answer.detail
    assert name_of(plan) in sagemaker.configs


def test_what_someone_else_asked_for_is_left_as_it_is(sagemaker: SageMaker) -> None:
    plan = later_plan(sagemaker)
    sagemaker.add(name_of(plan))
    sagemaker.serve("made-by-hand")

    answer = move(sagemaker, plan)

    assert answer.done
    assert "someone else" in answer.detail
    assert sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] == "made-by-hand"
    assert sagemaker.configs == {PREVIOUS, "made-by-hand"}


def test_an_endpoint_that_someone_deleted_is_not_waited_for(sagemaker: SageMaker) -> None:
    plan = later_plan(sagemaker)
    sagemaker.endpoints.clear()
    sagemaker.add(name_of(plan))

    answer = move(sagemaker, plan)

    assert answer.done
    assert "is gone" in answer.detail
    assert sagemaker.configs == {PREVIOUS}


def test_the_next_version_can_be_planned_after_a_roll_back(sagemaker: SageMaker) -> None:
    plan = later_plan(sagemaker)
    sagemaker.serve(name_of(plan))
    until_done(sagemaker, plan)
    sagemaker.packages[package(4)["ModelPackageArn"]] = package(4)

    assert plan_for(sagemaker, 4)["previous_config"] == PREVIOUS
