from __future__ import annotations

import pytest

from local_cloud.application_autoscaling.metrics import FiringAlarm
from tests.unit.local_cloud.autoscaling.conftest import Bench

INVOCATIONS = "InvocationsPerInstance"


def test_a_metric_above_its_target_brings_as_many_instances_as_it_asks_for(bench: Bench) -> None:
    bench.register()
    bench.track()
    bench.metrics.values[INVOCATIONS] = 120.0
    bench.scaler.look()
    assert bench.instances == 3
    bench.scaler.look()
    (activity,) = bench.activities()
    assert activity["StatusCode"] == "Successful"
    assert activity["Description"] == "Setting desired instance count to 3."
    assert "120 over the last minute, above the target value 50" in activity["Cause"]
    (followed,) = {*bench.metrics.asked}
    assert followed.statistic == "Sum"
    assert followed.metric.dimensions == (("EndpointName", "birds"), ("VariantName", "AllTraffic"))


def test_a_target_never_leaves_its_bounds(bench: Bench) -> None:
    bench.register(low=1, high=2)
    bench.track(ScaleInCooldown=0)
    bench.metrics.values[INVOCATIONS] = 5000.0
    bench.pass_seconds(600)
    assert bench.sagemaker.updates == [2]
    bench.metrics.values[INVOCATIONS] = 0.0
    bench.pass_seconds(600)
    assert bench.sagemaker.updates == [2, 1]


def test_within_the_cooldown_only_a_larger_need_adds_more(bench: Bench) -> None:
    bench.register(high=10)
    bench.track(ScaleOutCooldown=60)
    bench.metrics.values[INVOCATIONS] = 100.0
    bench.scaler.look()
    # The minute that was measured on one instance is still the same.
    bench.pass_seconds(30)
    assert bench.instances == 2
    bench.metrics.values[INVOCATIONS] = 300.0
    bench.pass_seconds(10)
    assert bench.instances == 6
    bench.metrics.values[INVOCATIONS] = 100.0
    bench.pass_seconds(70)
    assert bench.instances == 10


def test_instances_go_only_after_a_minute_below_and_one_cooldown_after_the_other(
    bench: Bench,
) -> None:
    bench.sagemaker.instances["birds"] = 4
    bench.register()
    bench.track(ScaleInCooldown=300)
    bench.metrics.values[INVOCATIONS] = 25.0
    bench.pass_seconds(50)
    assert bench.instances == 4
    bench.pass_seconds(20)
    assert bench.instances == 2
    bench.pass_seconds(280)
    assert bench.instances == 2
    bench.pass_seconds(40)
    assert bench.instances == 1


def test_a_metric_just_below_its_target_removes_nothing(bench: Bench) -> None:
    bench.sagemaker.instances["birds"] = 4
    bench.register()
    bench.track()
    bench.metrics.values[INVOCATIONS] = 46.0
    bench.pass_seconds(600)
    assert bench.sagemaker.updates == []


def test_without_a_measurement_nothing_changes(bench: Bench) -> None:
    bench.sagemaker.instances["birds"] = 3
    bench.register()
    bench.track()
    bench.pass_seconds(600)
    assert bench.sagemaker.updates == []


@pytest.mark.parametrize("suspended", [False, True])
def test_scaling_in_can_be_switched_off_in_the_policy_and_in_the_target(
    bench: Bench, suspended: bool
) -> None:
    bench.sagemaker.instances["birds"] = 3
    bench.register(SuspendedState={"DynamicScalingInSuspended": suspended})
    bench.track(DisableScaleIn=not suspended)
    bench.metrics.values[INVOCATIONS] = 1.0
    bench.pass_seconds(600)
    assert bench.instances == 3
    bench.metrics.values[INVOCATIONS] = 60.0
    bench.scaler.look()
    assert bench.instances == 4


def test_of_two_policies_the_larger_need_wins_and_both_must_agree_to_fewer(bench: Bench) -> None:
    bench.register(high=9)
    bench.track()
    latency = {"Namespace": "Own", "MetricName": "Queue", "Statistic": "Average"}
    bench.track(
        "second",
        PredefinedMetricSpecification=None,
        CustomizedMetricSpecification=latency,
        TargetValue=10.0,
    )
    bench.metrics.values.update({INVOCATIONS: 60.0, "Queue": 50.0})
    bench.scaler.look()
    assert bench.instances == 5
    bench.metrics.values.update({INVOCATIONS: 5.0, "Queue": 9.5})
    bench.pass_seconds(900)
    assert bench.instances == 5
    bench.metrics.values["Queue"] = 4.0
    bench.pass_seconds(120)
    assert bench.instances == 2


def backlog(bench: Bench) -> None:
    specification = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Statistic": "Average",
        "Dimensions": [{"Name": "EndpointName", "Value": "birds"}],
    }
    bench.track(
        TargetValue=5.0,
        PredefinedMetricSpecification=None,
        CustomizedMetricSpecification=specification,
        ScaleInCooldown=60,
    )


def test_an_asynchronous_variant_goes_to_zero_and_its_backlog_brings_it_back(
    bench: Bench,
) -> None:
    bench.register(low=0)
    backlog(bench)
    bench.metrics.values["ApproximateBacklogSizePerInstance"] = 0.0
    bench.pass_seconds(120)
    assert bench.instances == 0
    bench.metrics.values["ApproximateBacklogSizePerInstance"] = 4.0
    bench.pass_seconds(120)
    assert bench.instances == 0, "a backlog below the target waits, as on AWS"
    bench.metrics.values["ApproximateBacklogSizePerInstance"] = 12.0
    bench.pass_seconds(10)
    assert bench.instances == 3


def test_an_alarm_on_a_backlog_without_capacity_brings_the_first_instance(bench: Bench) -> None:
    bench.sagemaker.instances["birds"] = 0
    bench.register(low=0)
    backlog(bench)
    step = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    bench(
        "PutScalingPolicy",
        PolicyName="wake",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [step],
            "Cooldown": 150,
        },
    )
    bench.pass_seconds(60)
    assert bench.instances == 0
    bench.metrics.alarms = [FiringAlarm(name="birds-has-backlog", breach=0.0)]
    bench.pass_seconds(60)
    assert bench.instances == 1, "while it cools down the same alarm adds no second one"
    assert "alarm birds-has-backlog in state ALARM" in bench.activities()[0]["Cause"]


def test_a_scheduled_action_raises_the_floor_at_its_local_time_and_another_lowers_it(
    bench: Bench,
) -> None:
    bench.register(high=6)
    for name, hour, low in (("day", 9, 3), ("evening", 10, 1)):
        bench(
            "PutScheduledAction",
            ScheduledActionName=name,
            Schedule=f"cron(0 {hour} * * ? *)",
            Timezone="Europe/Berlin",
            ScalableTargetAction={"MinCapacity": low},
        )
    bench.pass_seconds(20)
    assert bench.target()["MinCapacity"] == 1
    bench.pass_seconds(20)
    assert (bench.target()["MinCapacity"], bench.instances) == (3, 3)
    assert bench.activities()[0]["Cause"] == "minimum capacity was set to 3"
    bench.pass_seconds(3600)
    assert (bench.target()["MinCapacity"], bench.instances) == (1, 3)


def test_a_one_time_action_happens_once_and_is_gone(bench: Bench) -> None:
    bench.register()
    bench(
        "PutScheduledAction",
        ScheduledActionName="once",
        Schedule="at(2026-03-02T08:00:00)",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 2},
    )
    bench.pass_seconds(60)
    assert bench.instances == 2
    assert bench("DescribeScheduledActions")["ScheduledActions"] == []


def test_suspended_scheduled_scaling_lets_the_time_pass(bench: Bench) -> None:
    bench.register(SuspendedState={"ScheduledScalingSuspended": True})
    bench(
        "PutScheduledAction",
        ScheduledActionName="day",
        Schedule="cron(0 8 * * ? *)",
        ScalableTargetAction={"MinCapacity": 3},
    )
    bench.pass_seconds(60)
    bench.register(SuspendedState={"ScheduledScalingSuspended": False})
    bench.pass_seconds(60)
    assert bench.instances == 1


def test_while_an_endpoint_updates_nothing_is_scaled_and_the_activity_is_open(
    bench: Bench,
) -> None:
    bench.register()
    bench.track()
    bench.sagemaker.slow = True
    bench.metrics.values[INVOCATIONS] = 90.0
    bench.pass_seconds(60)
    assert bench.sagemaker.updates == [2]
    assert bench.activities()[0]["StatusCode"] == "InProgress"
    bench.sagemaker.status = "InService"
    bench.metrics.values.clear()
    bench.scaler.look()
    assert bench.activities()[0]["StatusCode"] == "Failed"
    assert "has 1 instances after" in bench.activities()[0]["StatusMessage"]


def test_what_is_under_way_when_a_target_goes_is_told_as_unfulfilled(bench: Bench) -> None:
    bench.register(low=2)
    bench.sagemaker.slow = True
    bench.scaler.look()
    bench("DeregisterScalableTarget")
    (activity,) = bench.activities()
    assert (activity["StatusCode"], activity["EndTime"]) == ("Unfulfilled", bench.now)


def test_a_change_that_sagemaker_refuses_fails_with_the_reason_and_is_tried_later(
    bench: Bench,
) -> None:
    bench.register()
    bench.track()
    bench.sagemaker.refusal = "no capacity of that type"
    bench.metrics.values[INVOCATIONS] = 90.0
    bench.scaler.look()
    bench.scaler.look()
    (activity,) = bench.activities()
    assert activity["StatusCode"] == "Failed"
    assert activity["StatusMessage"].endswith("Reason: no capacity of that type")
    bench.sagemaker.refusal = None
    bench.pass_seconds(40)
    assert bench.instances == 2


@pytest.mark.parametrize("again", [False, True])
def test_the_target_of_an_endpoint_that_is_gone_is_deregistered(bench: Bench, again: bool) -> None:
    bench.register()
    bench.track()
    if again:
        bench.sagemaker.created += 60
    else:
        del bench.sagemaker.instances["birds"]
    bench.scaler.look()
    assert bench("DescribeScalableTargets")["ScalableTargets"] == []
    assert bench("DescribeScalingPolicies")["ScalingPolicies"] == []


def test_of_actions_missed_while_the_cloud_was_down_the_last_one_holds(bench: Bench) -> None:
    bench.register(high=6)
    for name, hour, low in (("evening", 20, 1), ("day", 8, 4)):
        bench(
            "PutScheduledAction",
            ScheduledActionName=name,
            Schedule=f"cron(0 {hour} * * ? *)",
            ScalableTargetAction={"MinCapacity": low},
        )
    bench.now += 14 * 3600
    bench.scaler.look()
    assert bench.target()["MinCapacity"] == 1
    bench.now += 12 * 3600
    bench.scaler.look()
    assert bench.target()["MinCapacity"] == 4
