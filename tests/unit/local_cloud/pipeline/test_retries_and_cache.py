"""RetryPolicies and CacheConfig, on their own and in executions."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.sagemaker.pipeline.caching import CacheConfig, duration_seconds, find_hit
from local_cloud.sagemaker.pipeline.retries import RetryPolicy, delay_before_retry
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import (
    FUNCTION,
    definition,
    function,
    get,
    parameter,
    processing,
)
from tests.unit.local_cloud.sagemaker_doubles import client_error

INTERNAL = "InternalServerError: We encountered an internal error"
RETRY = {
    "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR", "SageMaker.RESOURCE_LIMIT"],
    "IntervalSeconds": 0.01,
    "BackoffRate": 1.0,
    "MaxAttempts": 2,
}
CACHE = {"Enabled": True, "ExpireAfter": "P30D"}


def test_a_job_that_fails_internally_is_tried_again_under_a_new_name(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"A": [INTERNAL, INTERNAL, "complete"]}
    arn = cloud.run(definition([processing("A", RetryPolicies=[RETRY])]))
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert cloud.steps(arn)["A"]["AttemptCount"] == 3
    names = {job["ProcessingJobName"] for job in cloud.aws.called("create_processing_job")}
    assert len(names) == 3


def test_retries_end_after_max_attempts(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"A": [INTERNAL]}
    arn = cloud.run(definition([processing("A", RetryPolicies=[RETRY])]))
    assert cloud.steps(arn)["A"]["FailureReason"] == INTERNAL
    assert len(cloud.aws.called("create_processing_job")) == 3


def test_a_fault_of_the_users_code_is_not_retried(cloud: Cloud) -> None:
    cloud.aws.behaviour = {"A": ["AlgorithmError: exit code 1"]}
    cloud.run(definition([processing("A", RetryPolicies=[RETRY])]))
    assert len(cloud.aws.called("create_processing_job")) == 1


def test_a_refused_create_call_fails_the_step_with_the_services_words(cloud: Cloud) -> None:
    cloud.aws.refusals["create_processing_job"] = [
        client_error("AccessDeniedException", "not authorized", "CreateProcessingJob")
    ]
    arn = cloud.run(definition([processing("A", RetryPolicies=[RETRY])]))
    reason = cloud.steps(arn)["A"]["FailureReason"]
    assert "AccessDeniedException" in reason
    assert "CreateProcessingJob" in reason


def test_a_resource_limit_is_retried_where_a_policy_says_so(cloud: Cloud) -> None:
    cloud.aws.refusals["create_processing_job"] = [
        client_error("ResourceLimitExceeded", "limit", "CreateProcessingJob")
    ]
    arn = cloud.run(definition([processing("A", RetryPolicies=[RETRY])]))
    assert cloud.steps(arn)["A"]["AttemptCount"] == 2


@pytest.mark.parametrize(
    ("made", "elapsed", "expected"), [(0, 0, 10.0), (2, 0, 40.0), (3, 0, None), (1, 595, None)]
)
def test_delays_grow_and_end(made: int, elapsed: float, expected: float | None) -> None:
    policy = RetryPolicy(
        exception_types=("SageMaker.CAPACITY_ERROR",),
        interval=10,
        backoff_rate=2,
        max_attempts=3,
        expire_after=600,
    )
    delay = delay_before_retry(
        [policy], "SageMaker.CAPACITY_ERROR", retries_made=made, elapsed=elapsed
    )
    assert delay == expected


def test_throttling_is_retried_without_any_policy() -> None:
    assert delay_before_retry([], "Step.THROTTLING", retries_made=0, elapsed=0) == 1.0
    assert delay_before_retry([], "SageMaker.CAPACITY_ERROR", retries_made=0, elapsed=0) is None


def cached() -> str:
    step = processing("A", [get("Parameters.Value")], CacheConfig=CACHE)
    return definition([step], Parameters=[parameter("Value", DefaultValue="x")])


def test_the_same_arguments_take_the_earlier_success(cloud: Cloud) -> None:
    first = cloud.run(cached())
    second = cloud.start("second")
    cloud.wait(second)
    step = cloud.steps(second)["A"]
    assert step["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert step["Metadata"] == cloud.steps(first)["A"]["Metadata"]
    assert len(cloud.aws.called("create_processing_job")) == 1


def test_other_arguments_run_anew(cloud: Cloud) -> None:
    cloud.run(cached())
    second = cloud.start("second", parameters={"Value": "y"})
    cloud.wait(second)
    assert "CacheHitResult" not in cloud.steps(second)["A"]
    assert len(cloud.aws.called("create_processing_job")) == 2


def test_a_cached_functions_outputs_reach_the_next_step(cloud: Cloud) -> None:
    cloud.aws.functions[FUNCTION] = lambda _given: {"epochs": "20"}
    steps = [
        {**function("F", {}, ["epochs"]), "CacheConfig": CACHE},
        processing("A", [get("Steps.F.OutputParameters['epochs']")]),
    ]
    cloud.run(definition(steps))
    cloud.wait(cloud.start("second"))
    assert len(cloud.aws.called("invoke")) == 1
    jobs = cloud.aws.called("create_processing_job")
    assert [job["AppSpecification"]["ContainerArguments"] for job in jobs] == [["20"], ["20"]]


def record(**changes: Any) -> dict[str, Any]:
    step = {"Status": "Succeeded", "CacheKey": "k", "EndTime": 100.0, **changes}
    return {"PipelineArn": "p", "PipelineExecutionArn": "e", "_steps": {"A": step}}


@pytest.mark.parametrize(
    ("execution", "expire", "hit"),
    [
        (record(), None, True),
        (record(), 50.0, True),
        (record(), 49.0, False),
        (record(Status="Failed"), None, False),
        (record(CacheKey="other"), None, False),
        (record(CacheHitResult={}), None, False),
        ({**record(), "PipelineArn": "other"}, None, False),
    ],
)
def test_only_a_fresh_success_of_the_same_pipeline_is_a_hit(
    execution: dict[str, Any], expire: float | None, hit: bool
) -> None:
    found = find_hit(
        [execution],
        pipeline_arn="p",
        step_name="A",
        key="k",
        config=CacheConfig(expire_after=expire),
        now=150.0,
    )
    assert (found is not None) is hit


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("P30D", 2_592_000), ("PT1H", 3600), ("p1dT30m", 88_200), ("T12H", 43_200)],
)
def test_durations_are_iso_8601(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "30 days", "1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        duration_seconds(text)
