"""People are told of a plan what SageMaker is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.rollout_text import rollout_sentence, strategy_of


def plan(config: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    endpoint = {"EndpointName": "e", **({"DeploymentConfig": config} if config else {})}
    return {"kind": "deployment", "endpoint_exists": True, "endpoint": endpoint, **members}


def blue_green(kind: str, **routing: Any) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": kind, **routing},
            "TerminationWaitInSeconds": 0,
        }
    }


PERCENT = {"Type": "CAPACITY_PERCENT", "Value": 20}
ONE = {"Type": "INSTANCE_COUNT", "Value": 1}


@pytest.mark.parametrize(
    ("given", "strategy", "said"),
    [
        (plan(), "all-at-once", "at once"),
        (plan(blue_green("ALL_AT_ONCE")), "all-at-once", "at once"),
        (
            plan(blue_green("CANARY", CanarySize=ONE, WaitIntervalInSeconds=60)),
            "canary",
            "1 of the instances get requests first, after 60 s",
        ),
        (
            plan(blue_green("LINEAR", LinearStepSize=PERCENT, WaitIntervalInSeconds=30)),
            "linear",
            "20 % of the instances more get requests every 30 s",
        ),
        (
            plan(
                {"RollingUpdatePolicy": {"MaximumBatchSize": PERCENT, "WaitIntervalInSeconds": 5}}
            ),
            "rolling",
            "batches of 20 %, 5 s apart",
        ),
        (plan(target_variant="Challenger"), "split", "beside the old one"),
        (plan(endpoint_exists=False), "first", "nothing serves before it"),
        (plan(kind="shift"), "-", ""),
        ({"nothing_to_do": True}, "-", ""),
    ],
)
def test_each_way_has_a_word_and_a_sentence(
    given: dict[str, Any], strategy: str, said: str
) -> None:
    assert strategy_of(given) == strategy
    assert said in rollout_sentence(given)
