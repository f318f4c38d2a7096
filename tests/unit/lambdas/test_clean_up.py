from __future__ import annotations

import pytest

from lambdas.deployment.clean_up import clean_up
from lambdas.deployment.plan_document import Plan
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    SageMaker,
    name_of,
    plan_for,
)

OLD = {f"{GROUP}-v{version}-0000000{version}" for version in range(1, 8)}
PREVIOUS = f"{GROUP}-v8-00000000"
OTHERS = {f"{GROUP}-v2-v1-00000000", f"other-{GROUP}-v1-00000000", f"{GROUP}-v1-by-hand"}


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


def deployed(sagemaker: SageMaker, previous: str) -> Plan:
    sagemaker.serve(previous)
    plan = plan_for(sagemaker)
    sagemaker.serve(name_of(plan))
    return plan


def cleaned(sagemaker: SageMaker, plan: Plan) -> list[str]:
    return clean_up(plan, sagemaker=sagemaker.client(), endpoint_name=ENDPOINT, group=GROUP)


def test_what_serves_and_what_served_before_is_kept_and_nothing_older(
    sagemaker: SageMaker,
) -> None:
    plan = deployed(sagemaker, PREVIOUS)
    sagemaker.add(*OLD)

    assert cleaned(sagemaker, plan) == sorted(OLD)

    assert sagemaker.configs == sagemaker.models == {PREVIOUS, name_of(plan)}
    assert cleaned(sagemaker, plan) == []


def test_what_is_not_of_these_deployments_is_left_alone(sagemaker: SageMaker) -> None:
    plan = deployed(sagemaker, PREVIOUS)
    sagemaker.add(*OTHERS)

    assert cleaned(sagemaker, plan) == []
    assert sagemaker.configs >= OTHERS
    assert sagemaker.models >= OTHERS


def test_a_model_without_a_configuration_is_removed_too(sagemaker: SageMaker) -> None:
    plan = deployed(sagemaker, PREVIOUS)
    sagemaker.models |= OLD

    assert cleaned(sagemaker, plan) == sorted(OLD)


def test_models_stay_while_a_configuration_made_by_hand_may_use_them(
    sagemaker: SageMaker,
) -> None:
    plan = deployed(sagemaker, "made-by-hand")
    sagemaker.add(*OLD)

    cleaned(sagemaker, plan)

    assert sagemaker.configs == {"made-by-hand", name_of(plan)}
    assert sagemaker.models >= OLD


def test_after_the_first_deployment_there_is_nothing_to_remove(sagemaker: SageMaker) -> None:
    plan = plan_for(sagemaker)
    sagemaker.serve(name_of(plan))

    assert cleaned(sagemaker, plan) == []
