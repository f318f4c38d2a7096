"""What excludes each other on AWS is refused before anything is synthesised, with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.settings.model import FieldFault
from infra.settings.serving import ServingSettings
from tests.unit.infra.conftest import Configuration
from tests.unit.infra.test_serving_settings import GIVEN

SERVERLESS = {"mode": "serverless", "serverless": {"memory_mb": 2048, "max_concurrency": 5}}
ASYNC = {"mode": "async", "asynchronous": {"max_instances": 3, "backlog_per_instance": 5}}
BATCH = {"mode": "batch", "batch": {"instance_type": "ml.m5.large"}}
CANARY = {"strategy": "canary", "step_percent": 10}
SCALING = {"min_instances": 1, "max_instances": 4, "invocations_per_instance": 600}
HOURS = {
    "start": "cron(0 7 ? * MON-FRI *)",
    "stop": "cron(0 19 ? * MON-FRI *)",
    "timezone": "Europe/Berlin",
}
VPC = {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]}
SPLIT = {"update": "split"}
SHADOW = {"update": "shadow", "shadow": {"minutes": 60}}


def faults(*parts: dict[str, Any], **keys: Any) -> dict[str, FieldFault]:
    """The faults of these keys together, by their own keys."""
    given: dict[str, Any] = dict(GIVEN)
    for part in (*parts, keys):
        given |= part
    try:
        ServingSettings(**given)
    except ValidationError as error:
        told = [fault for each in error.errors() for fault in each["ctx"]["faults"]]
        return {fault.key: fault for fault in told}
    return {}


@pytest.mark.parametrize(
    "way",
    [
        {},
        SERVERLESS,
        ASYNC,
        BATCH,
        SPLIT,
        SHADOW,
        {**SPLIT, "split_steps": {"shares": [0.25, 0.5], "minutes": 60}, "winner": {}},
        {"instance_count": 2, "rollout": CANARY},
        {"instance_count": 2, "rollout": {"strategy": "rolling", "step_percent": 5}},
        {"autoscaling": SCALING, "hours": HOURS, "data_capture_percent": 10, "vpc": VPC},
        {**SPLIT, "autoscaling": SCALING},
        {**ASYNC, "vpc": VPC},
        {**BATCH, "vpc": VPC},
        {**ASYNC, "instance_count": 2, "rollout": CANARY, "asynchronous": ASYNC["asynchronous"]}
        | {"asynchronous": {"min_instances": 2, "max_instances": 3, "backlog_per_instance": 5}},
        {**SERVERLESS, "hours": None, "vpc": None, "rollout": {"strategy": "all-at-once"}},
    ],
)
def test_what_goes_together_is_taken(way: dict[str, Any]) -> None:
    assert faults(way) == {}


@pytest.mark.parametrize(
    ("mode", "key", "value", "reason"),
    [
        (SERVERLESS, "data_capture_percent", 10, "feature exclusions"),
        (SERVERLESS, "vpc", VPC, "feature exclusions"),
        (SERVERLESS, "autoscaling", SCALING, "has none of its own"),
        (SERVERLESS, "hours", HOURS, "costs nothing without requests"),
        (ASYNC, "autoscaling", SCALING, "see asynchronous"),
        (ASYNC, "data_capture_percent", 10, "real-time endpoints only"),
        (ASYNC, "hours", HOURS, "no instance while nothing waits"),
        (BATCH, "autoscaling", SCALING, "batch has none"),
        (BATCH, "hours", HOURS, "batch has none"),
        (BATCH, "data_capture_percent", 10, "keeps its answers anyway"),
        (SPLIT, "hours", HOURS, "would end each split"),
    ],
)
def test_a_key_that_the_mode_does_not_take_is_refused_with_the_reason(
    mode: dict[str, Any], key: str, value: Any, reason: str
) -> None:
    found = faults(mode, {key: value})

    assert set(found) == {key}
    assert reason in found[key].problem
    assert found[key].allowed.startswith("null")


@pytest.mark.parametrize("mode", [SERVERLESS, BATCH], ids=["serverless", "batch"])
@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"instance_count": 2, "rollout": CANARY}, "rollout.strategy"),
        ({"alarms": {"max_5xx_percent": 5}}, "alarms.max_5xx_percent"),
        ({"alarms": {"max_latency_p99_ms": 100}}, "alarms.max_latency_p99_ms"),
    ],
)
def test_guardrails_are_for_endpoints_with_instances(
    mode: dict[str, Any], keys: dict[str, Any], fault: str
) -> None:
    assert set(faults(mode, keys)) == {fault}


@pytest.mark.parametrize("mode", [SERVERLESS, ASYNC, BATCH], ids=["serverless", "async", "batch"])
@pytest.mark.parametrize("update", [SPLIT, SHADOW], ids=["split", "shadow"])
def test_two_models_beside_each_other_are_for_real_time_endpoints(
    mode: dict[str, Any], update: dict[str, Any]
) -> None:
    found = faults(mode, update)

    assert set(found) == {"update"}
    assert found["update"].allowed.startswith("replace")


def test_a_mode_needs_its_section_and_no_other() -> None:
    found = faults(BATCH, mode="serverless")

    assert set(found) == {"serverless", "batch"}
    assert "mode: serverless needs it" in found["serverless"].problem
    assert "means nothing with mode: serverless" in found["batch"].problem


def test_an_update_needs_its_section_and_no_other() -> None:
    steps = {"shares": [0.5], "minutes": 60}

    found = faults(update="shadow", split_share=0.2, split_steps=steps, winner={})

    assert set(found) == {"shadow", "split_share", "split_steps", "winner"}


def test_shares_of_a_split_rise_from_the_first_one() -> None:
    steps = {"shares": [0.1, 0.5], "minutes": 60}

    found = faults(SPLIT, split_share=0.1, split_steps=steps)

    assert found["split_steps.shares"].allowed == "shares above 0.1 (split_share)"


@pytest.mark.parametrize("strategy", ["canary", "linear", "rolling"])
def test_one_instance_is_no_fleet_to_take_a_part_of(strategy: str) -> None:
    found = faults(rollout={"strategy": strategy})

    assert set(found) == {"instance_count"}
    assert "at most half of the instances" in found["instance_count"].problem


def test_a_fleet_that_may_be_scaled_to_one_instance_is_none_either() -> None:
    found = faults(instance_count=2, rollout=CANARY, autoscaling=SCALING)
    assert set(found) == {"autoscaling.min_instances"}

    found = faults(ASYNC, instance_count=2, rollout=CANARY)
    assert set(found) == {"asynchronous.min_instances"}


def test_steps_do_not_go_with_a_split_whose_variants_change() -> None:
    found = faults(SPLIT, instance_count=2, rollout=CANARY)

    assert set(found) == {"rollout.strategy"}
    assert "variants of the same names only" in found["rollout.strategy"].problem


@pytest.mark.parametrize("count", [1, 5])
def test_an_endpoint_begins_within_its_bounds(count: int) -> None:
    found = faults(instance_count=count, autoscaling={**SCALING, "min_instances": 2})

    assert found["instance_count"].allowed == "2 to 4"


def test_bounds_that_exclude_each_other_are_told_once() -> None:
    assert set(faults(autoscaling={**SCALING, "min_instances": 9})) == {"min_instances"}
    wrong = {"min_instances": 9, "max_instances": 3, "backlog_per_instance": 1}
    assert set(faults(ASYNC, asynchronous=wrong)) == {"asynchronous.min_instances"}


def test_serverless_inference_has_no_gpu() -> None:
    found = faults(SERVERLESS, instance_type="ml.g5.xlarge")

    assert "image, for GPUs or for CPUs" in found["instance_type"].problem


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"serverless": {"memory_mb": 1000, "max_concurrency": 5}}, "memory_mb"),
        ({"serverless": {"memory_mb": 1024, "max_concurrency": 201}}, "max_concurrency"),
        ({"rollout": {"strategy": "rolling", "step_percent": 4}}, "step_percent"),
        ({"rollout": {"strategy": "canary", "step_percent": 51}}, "step_percent"),
        ({"vpc": {"subnets": ["my-subnet"], "security_groups": ["sg-0a1b2c3d"]}}, "subnets"),
        ({"hours": {**HOURS, "timezone": "Berlin"}}, "timezone"),
        ({"hours": {**HOURS, "start": "0 7 * * *"}}, "start"),
        ({"hours": {**HOURS, "start": "cron(0 7 * * MON *)"}}, "start"),
        ({"hours": {**HOURS, "start": "cron(0 7 * * MON)"}}, "start"),
        ({"split_steps": {"shares": [0.5, 0.25], "minutes": 1}}, "shares"),
        ({"shadow": {"minutes": 0}}, "minutes"),
    ],
)
def test_values_that_aws_would_refuse_are_refused(keys: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError, match=where):
        ServingSettings(**GIVEN | keys)


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"rollout": {"strategy": "linear", "step_percent": 9}}, "step_percent"),
        ({"rollout": {"strategy": "all-at-once", "step_percent": 10}}, "step_percent"),
        (
            {
                "serverless": {
                    "memory_mb": 1024,
                    "max_concurrency": 2,
                    "provisioned_concurrency": 3,
                }
            },
            "provisioned_concurrency",
        ),
        (
            {
                "batch": {
                    "instance_type": "ml.m5.large",
                    "max_payload_mb": 60,
                    "max_concurrent_transforms": 2,
                }
            },
            "max_concurrent_transforms",
        ),
        ({"hours": {**HOURS, "stop": HOURS["start"]}}, "stop"),
        ({"autoscaling": {**SCALING, "min_instances": 5}}, "min_instances"),
        (
            {
                "autoscaling": {
                    **SCALING,
                    "floors": [{"schedule": "cron(0 7 * * ? *)", "min_instances": 9}],
                }
            },
            "floors.0.min_instances",
        ),
    ],
)
def test_a_section_says_what_does_not_fit_in_it(keys: dict[str, Any], where: str) -> None:
    assert where in faults(keys)


def test_all_faults_are_told_together_with_file_key_value_and_what_is_allowed(
    configuration: Configuration,
) -> None:
    configuration.edit(
        "workloads/iris-xgboost.yaml",
        "  content_types: [text/csv, text/libsvm]",
        "  mode: serverless\n"
        "  serverless: {memory_mb: 2048, max_concurrency: 5}\n"
        "  data_capture_percent: 20\n"
        "  rollout: {strategy: canary, step_percent: 10}\n"
        "  update: split\n"
        "  content_types: [text/csv, text/libsvm]",
    )

    told = configuration.faults("local")

    file = "config/workloads/iris-xgboost.yaml: serving."
    assert [line.partition(":")[0] for line in told] == [file.partition(":")[0]] * 3
    assert {line.partition(": ")[2].partition(": ")[0] for line in told} == {
        "serving.update = 'split'",
        "serving.rollout.strategy = 'canary'",
        "serving.data_capture_percent = 20",
    }
    assert all("SageMaker developer guide" in line and "(allowed: " in line for line in told)


def test_an_update_that_waits_longer_than_sagemaker_lets_it_is_refused(
    configuration: Configuration,
) -> None:
    cifar = "workloads/cifar-tensorflow.yaml"
    configuration.edit(cifar, "strategy: canary", "strategy: linear")
    configuration.edit(cifar, "step_wait_seconds: 600", "step_wait_seconds: 3600")

    (fault,) = configuration.faults("prod")

    assert "serving.rollout.step_wait_seconds = 3600: makes an update wait 36600 seconds" in fault
    assert "28800 seconds together" in fault


def test_a_promotion_comes_from_another_environment_that_there_is(
    configuration: Configuration,
) -> None:
    for source, problem in (("local", "is this environment itself"), ("moon", "is no environment")):
        configuration.edit(
            "environments/local.yaml", "\npromotion: null", f"\npromotion: {{from: {source}}}"
        )
        told = f"promotion.from = '{source}': {problem} (allowed: "
        (fault,) = [each for each in configuration.faults() if "promotion.from" in each]
        assert told in fault
        configuration.edit(
            "environments/local.yaml", f"\npromotion: {{from: {source}}}", "\npromotion: null"
        )


def test_a_key_that_python_cannot_name_is_known_by_the_files_name(
    configuration: Configuration,
) -> None:
    configuration.edit("environments/local.yaml", "\npromotion: null", "\npromotion: {fro: dev}")

    told = configuration.faults()

    assert any("promotion.from: is missing" in line for line in told)
    assert any("promotion.fro = 'dev'" in line and "`from`" in line for line in told)
