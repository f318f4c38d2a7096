"""Which endpoints a DeploymentConfig does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting.guardrail_checks import check_update
from local_cloud.sagemaker.hosting.plan import Plan
from tests.unit.local_cloud.endpoints.traffic import blue_green, percent, rolling
from tests.unit.local_cloud.sagemaker_doubles import make_service

SERVERLESS = {"MemorySizeInMB": 1024, "MaxConcurrency": 5}


def refusal(folder: Path, deployment: dict[str, Any], *variants: dict[str, Any]) -> str:
    """Why an update between two configurations with these variants is refused; empty if it
    is not."""
    service, *_ = make_service(folder)
    config = {"EndpointConfigName": "c", "ProductionVariants": list(variants)}
    service.store.create("endpoint-config", "c", config)
    planned = [{"variant": one["VariantName"], "instances": 4} for one in variants]
    plan = cast("Plan", {"deployment": "d", "config": "c", "variants": planned})
    try:
        check_update(service, deployment, new=plan, old=plan)
    except ValidationException as error:
        return error.message
    return ""


CANARY = blue_green("CANARY", CanarySize=percent(25))
LINEAR = blue_green("LINEAR", LinearStepSize=percent(25))
ROLLING = rolling(percent(25))


@pytest.mark.parametrize("deployment", [CANARY, LINEAR, ROLLING])
def test_a_serverless_variant_has_no_part_that_could_go_first(
    tmp_path: Path, deployment: dict[str, Any]
) -> None:
    words = "is not supported for serverless endpoints (variant a)"
    serverless = {"VariantName": "a", "ServerlessConfig": SERVERLESS}
    assert words in refusal(tmp_path, deployment, serverless)


def test_a_serverless_variant_can_be_updated_all_at_once(tmp_path: Path) -> None:
    serverless = {"VariantName": "a", "ServerlessConfig": SERVERLESS}
    assert refusal(tmp_path, blue_green("ALL_AT_ONCE"), serverless) == ""


def test_a_rolling_update_has_one_variant(tmp_path: Path) -> None:
    two = {"VariantName": "a"}, {"VariantName": "b"}
    assert "not supported for multi-variant endpoints" in refusal(tmp_path, ROLLING, *two)


def test_several_variants_can_have_a_canary(tmp_path: Path) -> None:
    assert refusal(tmp_path, CANARY, {"VariantName": "a"}, {"VariantName": "b"}) == ""


def test_all_faults_are_told_together(tmp_path: Path) -> None:
    too_large = blue_green("CANARY", CanarySize=percent(75))
    told = refusal(tmp_path, too_large, {"VariantName": "a"}, {"VariantName": "b"})
    assert "variant a, which is 4" in told
    assert "variant b, which is 4" in told
