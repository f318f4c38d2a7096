"""Updates under deployment guardrails: exact shares, baking, alarms that roll back."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import (
    BUCKET,
    DESCRIBE_ALARMS,
    IMAGE,
    STATEMENTS,
    Hosting,
    until,
    variant,
)
from tests.unit.local_cloud.endpoints.traffic import (
    Traffic,
    blue_green,
    instances,
    percent,
    rolling,
    shares,
)


def alarm(hosting: Hosting, endpoint: str, **more: Any) -> str:
    """One on the endpoint's rate of 5XX errors over a minute; answers its name."""
    name = f"{endpoint}-5xx"
    dimensions = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
    request = {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Average",
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.01,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    hosting.cloud.client("cloudwatch").put_metric_alarm(**{**request, **more})
    return name


def pending(hosting: Hosting, endpoint: str) -> dict[str, Any]:
    """Its one variant in the PendingDeploymentSummary; empty where there is none."""
    summary = hosting.describe(endpoint).get("PendingDeploymentSummary", {})
    found: dict[str, Any] = next(iter(summary.get("ProductionVariants", [])), {})
    return found


def bakes(hosting: Hosting, endpoint: str, words: str) -> bool:
    """Whether the update bakes, and its message holds the words."""
    steps = pending(hosting, endpoint).get("VariantStatus", [{"Status": "", "StatusMessage": ""}])
    return steps[0]["Status"] == "Baking" and words in steps[0]["StatusMessage"]


def begin(hosting: Hosting, endpoint: str, config: str, deployment: dict[str, Any]) -> None:
    hosting.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=deployment
    )


def trip(hosting: Hosting, name: str) -> None:
    """Set an alarm off by hand."""
    hosting.cloud.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="by hand"
    )


def test_an_update_by_canary_fails_no_request(hosting: Hosting) -> None:
    hosting.endpoint_of(2, "canary")
    config = hosting.instances("canary-2", 2)
    deployment = blue_green(
        "CANARY", CanarySize=percent(10), WaitIntervalInSeconds=1, TerminationWaitInSeconds=1
    )
    with Traffic(hosting, "canary") as traffic:
        begin(hosting, "canary", config, deployment)
        described = hosting.settled("canary")
    assert not traffic.failures
    assert described["EndpointConfigName"] == config
    assert described["LastDeploymentConfig"] == deployment
    assert "PendingDeploymentSummary" not in described
    assert set(shares(hosting, "canary", 10)) == {"canary-2"}


def test_a_canary_gets_exactly_its_share_and_an_alarm_takes_all_of_it_back(
    hosting: Hosting,
) -> None:
    hosting.endpoint_of(1, "exact")
    config = hosting.instances("exact-2", 4)
    guard = alarm(hosting, "exact")
    deployment = blue_green(
        "CANARY", CanarySize=percent(10), WaitIntervalInSeconds=600, alarms=(guard,)
    )
    begin(hosting, "exact", config, deployment)
    until(lambda: bakes(hosting, "exact", "canary capacity of 1 instance(s)"))
    assert shares(hosting, "exact", 40) == {"exact": 36, "exact-2": 4}
    pending_variant = pending(hosting, "exact")
    assert pending_variant["CurrentInstanceCount"] == 1
    assert pending_variant["DesiredInstanceCount"] == 4
    trip(hosting, guard)
    described = hosting.settled("exact")
    assert described["EndpointConfigName"] == "exact"
    assert guard in described["FailureReason"]
    assert shares(hosting, "exact", 20) == {"exact": 20}


def test_a_bad_canary_is_rolled_back_by_its_alarm_with_its_reason(hosting: Hosting) -> None:
    hosting.endpoint_of(2, "guarded")
    old = hosting.processes("guarded")
    config = hosting.instances("guarded-bad", 2, answers=500)
    guard = alarm(hosting, "guarded")
    deployment = blue_green(
        "CANARY", CanarySize=percent(10), WaitIntervalInSeconds=60, alarms=(guard,)
    )
    with Traffic(hosting, "guarded") as traffic:
        begin(hosting, "guarded", config, deployment)
        described = hosting.settled("guarded")
        failed, answered = len(traffic.failures), len(traffic.answered)
        until(lambda: len(traffic.answered) >= answered + 50)
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "guarded"
    assert guard in described["FailureReason"]
    # Only requests to the canary failed, and none after the way back.
    assert len(traffic.failures) == failed > 0
    assert all("fail" in str(one) or "500" in str(one) for one in traffic.failures)
    assert failed <= 0.12 * (failed + answered) + 1
    # What served before never stopped, and nothing of the new fleet is left.
    assert {one.pid for one in hosting.processes("guarded")} == {one.pid for one in old}


def test_an_alarm_in_the_termination_wait_still_rolls_back(hosting: Hosting) -> None:
    hosting.endpoint_of(1, "late")
    config = hosting.instances("late-2", 1)
    guard = alarm(hosting, "late")
    deployment = blue_green("ALL_AT_ONCE", TerminationWaitInSeconds=60, alarms=(guard,))
    begin(hosting, "late", config, deployment)
    until(lambda: bakes(hosting, "late", "(TerminationWaitInSeconds) with traffic enabled on full"))
    assert set(shares(hosting, "late", 4)) == {"late-2"}
    trip(hosting, guard)
    assert hosting.settled("late")["EndpointConfigName"] == "late"
    assert set(shares(hosting, "late", 4)) == {"late"}


def test_a_rolling_update_replaces_batch_by_batch_without_a_failed_request(
    hosting: Hosting,
) -> None:
    hosting.endpoint_of(2, "rolled")
    config = hosting.instances("rolled-2", 2)
    with Traffic(hosting, "rolled") as traffic:
        begin(hosting, "rolled", config, rolling(instances(1), WaitIntervalInSeconds=1))
        assert hosting.settled("rolled")["EndpointConfigName"] == config
    assert not traffic.failures
    assert set(traffic.answered) == {"rolled", "rolled-2"}
    assert len(hosting.running("rolled")) == 2


def test_a_rolling_update_goes_back_and_the_old_fleet_is_whole_again(hosting: Hosting) -> None:
    hosting.endpoint_of(3, "whole")
    config = hosting.instances("whole-2", 3)
    guard = alarm(hosting, "whole")
    deployment = rolling(instances(1), WaitIntervalInSeconds=3, alarms=(guard,))
    with Traffic(hosting, "whole") as traffic:
        begin(hosting, "whole", config, deployment)
        until(lambda: bakes(hosting, "whole", "partial capacity of 2 instance(s)"))
        trip(hosting, guard)
        described = hosting.settled("whole")
    assert not traffic.failures
    assert described["EndpointConfigName"] == "whole"
    assert len(hosting.running("whole")) == 3
    assert set(shares(hosting, "whole", 6)) == {"whole"}


ONE_OF_EACH = {**blue_green("ALL_AT_ONCE"), **rolling(percent(10))}


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        (ONE_OF_EACH, "only one update policy"),
        (blue_green("CANARY", CanarySize=percent(51)), "less than or equal to 50%"),
        (blue_green("CANARY", CanarySize=instances(2)), "less than or equal to 50%"),
        (blue_green("CANARY"), "must have a CanarySize"),
        (blue_green("LINEAR", CanarySize=percent(10)), "must have a LinearStepSize"),
        (blue_green("LINEAR", LinearStepSize=percent(9)), "10-50%"),
        (blue_green("ALL_AT_ONCE", CanarySize=percent(9)), "must not be given"),
        (blue_green("ALL_AT_ONCE", WaitIntervalInSeconds=3601), "less than or equal to 3600"),
        (
            blue_green(
                "ALL_AT_ONCE",
                TerminationWaitInSeconds=600,
                MaximumExecutionTimeoutInSeconds=600,
            ),
            "must be larger than the total waiting time of 600",
        ),
        (rolling(percent(4)), "between 5% to 50%"),
        (rolling(percent(50), RollbackMaximumBatchSize=instances(4)), "RollbackMaximumBatchSize"),
        (blue_green("ALL_AT_ONCE", alarms=("nowhere",)), r"alarm\(s\) nowhere .* do not exist"),
    ],
)
def test_what_the_guardrails_cannot_be_is_refused_and_changes_nothing(
    hosting: Hosting, deployment: dict[str, Any], words: str
) -> None:
    _three_instances(hosting)
    with pytest.raises(ClientError, match=words):
        begin(hosting, "bounded", "bounded", deployment)
    assert hosting.describe("bounded")["EndpointStatus"] == "InService"


def _three_instances(hosting: Hosting) -> None:
    there = hosting.sagemaker.list_endpoints(NameContains="bounded")["Endpoints"]
    if not there:
        hosting.endpoint_of(3, "bounded")
        hosting.instances("bounded-single", 1)


def test_a_part_of_one_instance_or_of_other_variants_is_refused(hosting: Hosting) -> None:
    _three_instances(hosting)
    for deployment in (rolling(percent(50)), blue_green("CANARY", CanarySize=percent(50))):
        with pytest.raises(ClientError, match=r"has 1 instance; .* needs at least 2"):
            begin(hosting, "bounded", "bounded-single", deployment)
    hosting.config("bounded-others", **{hosting.model("bounded-other"): 1.0})
    with pytest.raises(ClientError, match="needs the same variant names"):
        begin(hosting, "bounded", "bounded-others", blue_green("CANARY", CanarySize=percent(50)))


def test_the_models_role_has_to_be_allowed_to_read_these_very_alarms(hosting: Hosting) -> None:
    hosting.endpoint_of(1, "reading")
    mine, other = (alarm(hosting, name) for name in ("reading", "reading-other"))
    only_mine = {**DESCRIBE_ALARMS, "Resource": [f"arn:aws:cloudwatch:*:*:alarm:{mine}"]}
    role = hosting.cloud.role(
        "reads-one-alarm", [*STATEMENTS, only_mine], trusts=["sagemaker.amazonaws.com"]
    )
    hosting.model("reading-data")
    data = f"s3://{BUCKET}/reading-data/model.tar.gz"
    container = {"Image": IMAGE, "ModelDataUrl": data}
    hosting.create_model("reading-2", container, ExecutionRoleArn=role)
    given = variant("reading-2", VariantName="AllTraffic")
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName="reading-2", ProductionVariants=[given]
    )
    words = f"may not perform cloudwatch:DescribeAlarms on the alarm {other}"
    with pytest.raises(ClientError, match=words):
        begin(hosting, "reading", "reading-2", blue_green("ALL_AT_ONCE", alarms=(mine, other)))
    begin(hosting, "reading", "reading-2", blue_green("ALL_AT_ONCE", alarms=(mine,)))
    assert hosting.settled("reading")["EndpointConfigName"] == "reading-2"


def test_each_step_of_an_update_is_an_event_in_awss_shape(hosting: Hosting) -> None:
    events, sqs = hosting.cloud.client("events"), hosting.cloud.client("sqs")
    queue = sqs.create_queue(QueueName="deployment-steps")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"detail-type": ["SageMaker Endpoint Deployment State Change"]}
    events.put_rule(Name="deployment-steps", EventPattern=json.dumps(pattern))
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule="deployment-steps", Targets=[target])

    hosting.endpoint_of(1, "stepping")
    config = hosting.instances("stepping-2", 1)
    begin(hosting, "stepping", config, blue_green("ALL_AT_ONCE", TerminationWaitInSeconds=1))
    details: list[dict[str, Any]] = []

    def baked() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        details.extend(json.loads(one["Body"])["detail"] for one in answer.get("Messages", []))
        return any(_step(one)["Status"] == "Baking" for one in details)

    until(baked)
    step = _step(next(one for one in details if _step(one)["Status"] == "Baking"))
    assert step["StatusMessage"] == (
        "Baking for 1 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of "
        "1 instance(s)."
    )
    assert step["StartTime"] > time.time() * 1000 - 600_000
    assert {one["EndpointStatus"] for one in details} <= {"CREATING", "UPDATING"}
    assert hosting.settled("stepping")["EndpointConfigName"] == config


def _step(detail: dict[str, Any]) -> dict[str, Any]:
    (variant,) = detail["PendingDeploymentSummary"]["ProductionVariants"]
    step: dict[str, Any] = variant["VariantStatus"][0]
    return step
