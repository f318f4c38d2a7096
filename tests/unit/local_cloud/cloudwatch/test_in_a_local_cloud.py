"""Alarms over the API of a real local cloud."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.local_cloud_fixture import RunningCloud


def _topic_with_queue(cloud: RunningCloud) -> tuple[str, str]:
    """A topic's ARN and the URL of a queue that gets what is published to it."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="alarmed")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    topic = sns.create_topic(Name="alarmed")["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    return topic, url


def test_an_alarm_goes_off_by_itself_and_its_action_goes_out(cloud: RunningCloud) -> None:
    cloudwatch, sqs = cloud.client("cloudwatch"), cloud.client("sqs")
    topic, queue = _topic_with_queue(cloud)
    mine, other = ({"Name": "Endpoint", "Value": value} for value in ("mine", "other"))
    for name, dimension in (("mine", mine), ("other", other)):
        cloudwatch.put_metric_alarm(
            AlarmName=f"wrong-answers-{name}",
            Namespace="Rookery/Test",
            MetricName="WrongAnswers",
            Dimensions=[dimension],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0.1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
        )
    wrong = {"MetricName": "WrongAnswers", "Dimensions": [mine], "Value": 0.5}
    cloudwatch.put_metric_data(Namespace="Rookery/Test", MetricData=[wrong])
    told = _received(sqs, queue)
    assert (told["AlarmName"], told["NewStateValue"]) == ("wrong-answers-mine", "ALARM")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="wrong-answers")["MetricAlarms"]
    states = {one["AlarmName"]: one["StateValue"] for one in alarms}
    assert states == {"wrong-answers-mine": "ALARM", "wrong-answers-other": "OK"}


def _received(sqs: Any, queue: str) -> dict[str, Any]:
    """What the first message says."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            found: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
            return found
    raise AssertionError("no alarm action went out")
