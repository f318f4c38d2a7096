"""Two variants share an endpoint's traffic; the shares are moved without a failed request."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud import process
from tests.local_cloud_fixture import running_cloud
from tests.unit.local_cloud.endpoints.conftest import (
    Hosting,
    answers_again,
    hosting_on,
    until,
    variant,
)
from tests.unit.local_cloud.endpoints.traffic import Traffic


def two_variants(hosting: Hosting, endpoint: str, old: float, new: float) -> None:
    """An endpoint in service with variants `<endpoint>-old` and `<endpoint>-new`."""
    names = {f"{endpoint}-{which}": weight for which, weight in (("old", old), ("new", new))}
    for name in names:
        hosting.model(name)
    hosting.config(endpoint, **names)
    hosting.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"


def reweigh(hosting: Hosting, endpoint: str, **weights: float) -> dict[str, Any]:
    """Weights by ``old`` and ``new``; answers the description once they are in force."""
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": f"{endpoint}-{which}", "DesiredWeight": weight}
            for which, weight in weights.items()
        ],
    )
    return hosting.settled(endpoint)


def shares(hosting: Hosting, endpoint: str, requests: int) -> Counter[str]:
    """How many of so many requests went to which variant."""
    return Counter(
        hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x")[
            "InvokedProductionVariant"
        ].rsplit("-", 1)[-1]
        for _ in range(requests)
    )


def test_traffic_is_shared_as_the_weights_say(hosting: Hosting) -> None:
    two_variants(hosting, "split", 3.0, 1.0)
    counted = shares(hosting, "split", 200)
    # 150 expected, standard deviation 6: this fails by chance once in some hundred millions.
    assert 115 < counted["old"] < 185
    assert counted["old"] + counted["new"] == 200


def test_new_weights_move_the_traffic_without_new_servers_or_a_failed_request(
    hosting: Hosting,
) -> None:
    two_variants(hosting, "moved", 1.0, 0.0)
    before = {one.pid for one in hosting.processes("moved")}
    with Traffic(hosting, "moved") as traffic:
        described = reweigh(hosting, "moved", old=0.0, new=2.0)
    assert not traffic.failures
    assert [
        (one["VariantName"], one["CurrentWeight"], one["DesiredWeight"])
        for one in described["ProductionVariants"]
    ] == [("moved-old", 0.0, 0.0), ("moved-new", 2.0, 2.0)]
    assert set(shares(hosting, "moved", 20)) == {"new"}
    assert hosting.invoke("moved", TargetVariant="moved-old")["model"] == "moved-old"
    assert {one.pid for one in hosting.processes("moved")} == before


def test_a_variant_that_is_not_named_keeps_its_weight_and_counts_are_told(
    hosting: Hosting,
) -> None:
    two_variants(hosting, "partly", 1.0, 0.0)
    entry = {"VariantName": "partly-new", "DesiredWeight": 0.25, "DesiredInstanceCount": 3}
    answer = hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="partly", DesiredWeightsAndCapacities=[entry]
    )
    assert answer["EndpointArn"].endswith(":endpoint/partly")
    old, new = hosting.settled("partly")["ProductionVariants"]
    assert (old["CurrentWeight"], old["CurrentInstanceCount"]) == (1.0, 1)
    assert (new["CurrentWeight"], new["CurrentInstanceCount"]) == (0.25, 3)
    assert new["DesiredInstanceCount"] == 3


def test_the_change_is_an_update_that_events_tell(hosting: Hosting) -> None:
    two_variants(hosting, "told", 1.0, 1.0)
    sqs, events = hosting.cloud.client("sqs"), hosting.cloud.client("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.sagemaker"], "detail": {"EndpointName": ["told"]}}
    events.put_rule(Name="told", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    reweigh(hosting, "told", old=0.0)
    seen: list[dict[str, Any]] = []

    def told() -> bool:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            seen.append(json.loads(message["Body"])["detail"])
        return len(seen) >= 2

    until(told)
    seen.sort(key=lambda one: one["LastModifiedTime"])
    assert [one["EndpointStatus"] for one in seen] == ["UPDATING", "IN_SERVICE"]
    updating = seen[0]["ProductionVariants"][0]
    assert (updating["CurrentWeight"], updating["DesiredWeight"]) == (1.0, 0.0)


def test_from_one_variant_to_two_and_back_no_request_fails(hosting: Hosting) -> None:
    hosting.endpoint("grown")
    hosting.model("grown-new")
    both = hosting.config("grown-both", **{"grown": 9.0, "grown-new": 1.0})
    alone = hosting.config("grown-alone", **{"grown-new": 1.0})
    with Traffic(hosting, "grown") as traffic:
        assert len(hosting.update("grown", both)["ProductionVariants"]) == 2
        (last,) = hosting.update("grown", alone)["ProductionVariants"]
    assert not traffic.failures
    assert last["VariantName"] == "grown-new"
    assert hosting.invoke("grown")["model"] == "grown-new"


def test_weights_that_were_moved_are_retained_and_can_be_excluded(hosting: Hosting) -> None:
    two_variants(hosting, "holding", 1.0, 0.0)
    reweigh(hosting, "holding", old=4.0, new=2.0)
    third = hosting.model("holding-third")
    variants = [
        variant("holding-old", InitialVariantWeight=1.0, InitialInstanceCount=2),
        variant("holding-new", InitialVariantWeight=0.5),
        variant(third, InitialVariantWeight=7.0),
    ]
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName="holding-2", ProductionVariants=variants
    )
    kept = hosting.update("holding", "holding-2", RetainAllVariantProperties=True)
    assert [one["CurrentWeight"] for one in kept["ProductionVariants"]] == [4.0, 2.0, 7.0]
    assert [one["CurrentInstanceCount"] for one in kept["ProductionVariants"]] == [1, 1, 1]
    excluded = hosting.update(
        "holding",
        "holding-2",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    assert [one["CurrentWeight"] for one in excluded["ProductionVariants"]] == [1.0, 0.5, 7.0]
    assert [one["CurrentInstanceCount"] for one in excluded["ProductionVariants"]] == [1, 1, 1]
    new = hosting.update("holding", "holding-2")
    assert [one["CurrentInstanceCount"] for one in new["ProductionVariants"]] == [2, 1, 1]


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a variant that is not there": (
        [{"VariantName": "nobody", "DesiredWeight": 1.0}],
        'variant name.*"nobody".*not present within endpoint configuration "unmoved"',
    ),
    "a variant named twice": (
        [{"VariantName": "unmoved-old", "DesiredWeight": float(one)} for one in (1, 2)],
        "unmoved-old is named twice",
    ),
    "nothing to change": (
        [{"VariantName": "unmoved-old"}],
        "neither a DesiredWeight nor a DesiredInstanceCount",
    ),
    "no traffic for any": (
        [
            {"VariantName": "unmoved-old", "DesiredWeight": 0.0},
            {"VariantName": "unmoved-new", "DesiredWeight": 0.0},
        ],
        "weights of all variants would be 0",
    ),
    "no instance": (
        [{"VariantName": "unmoved-old", "DesiredInstanceCount": 0}],
        "must be at least 1",
    ),
    "a serverless setting": (
        [{"VariantName": "unmoved-old", "ServerlessUpdateConfig": {"MaxConcurrency": 1}}],
        "is not serverless: it takes no ServerlessUpdateConfig",
    ),
}


def test_what_cannot_be_is_refused_and_changes_nothing(hosting: Hosting) -> None:
    two_variants(hosting, "unmoved", 1.0, 0.0)
    before = hosting.describe("unmoved")["ProductionVariants"]
    for wanted, words in REFUSED.values():
        with pytest.raises(ClientError, match=words):
            hosting.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName="unmoved", DesiredWeightsAndCapacities=wanted
            )
    described = hosting.describe("unmoved")
    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"] == before
    with pytest.raises(ClientError, match='Could not find endpoint "arn:aws:sagemaker'):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="absent",
            DesiredWeightsAndCapacities=[{"VariantName": "x", "DesiredWeight": 1.0}],
        )


def test_an_endpoint_in_progress_keeps_its_weights(hosting: Hosting) -> None:
    hosting.config("starting", **{hosting.model("starting", start_seconds=1): 1.0})
    hosting.sagemaker.create_endpoint(EndpointName="starting", EndpointConfigName="starting")
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="starting",
            DesiredWeightsAndCapacities=[{"VariantName": "starting", "DesiredWeight": 2.0}],
        )
    assert hosting.settled("starting")["EndpointStatus"] == "InService"


def test_a_state_machine_moves_the_weights_if_its_role_may(hosting: Hosting) -> None:
    two_variants(hosting, "machined", 1.0, 0.0)
    states = hosting.cloud.client("stepfunctions")
    move = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:updateEndpointWeightsAndCapacities",
        "Arguments": {
            "EndpointName": "machined",
            "DesiredWeightsAndCapacities": [
                {"VariantName": "machined-old", "DesiredWeight": 0},
                {"VariantName": "machined-new", "DesiredWeight": "{% $states.input.weight %}"},
            ],
        },
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Move", "States": {"Move": move}}
    statement = {
        "Effect": "Allow",
        "Action": ["sagemaker:UpdateEndpointWeightsAndCapacities"],
        "Resource": ["arn:aws:sagemaker:*:*:endpoint/machined"],
    }

    def run(name: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
        role = hosting.cloud.role(name, statements, trusts=["states.amazonaws.com"])
        machine = states.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=role
        )
        execution = states.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps({"weight": 0.5})
        )["executionArn"]
        ended: dict[str, Any] = {}

        def over() -> bool:
            ended.update(states.describe_execution(executionArn=execution))
            return bool(ended["status"] != "RUNNING")

        until(over)
        return ended

    other = {**statement, "Resource": ["arn:aws:sagemaker:*:*:endpoint/another"]}
    assert run("may-not-move", [other])["status"] == "FAILED"
    assert run("may-move", [statement])["status"] == "SUCCEEDED"
    old, new = hosting.settled("machined")["ProductionVariants"]
    assert (old["CurrentWeight"], new["CurrentWeight"]) == (0.0, 0.5)
    assert set(shares(hosting, "machined", 20)) == {"new"}


def test_moved_weights_outlast_a_restart_of_the_local_cloud(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as cloud:
        hosting = hosting_on(cloud)
        two_variants(hosting, "lasting", 1.0, 0.0)
        reweigh(hosting, "lasting", old=0.0, new=3.0)
        process.stop(cloud.settings)
        process.start(cloud.settings)
        answers_again(hosting, "lasting", "lasting-new")
        old, new = hosting.describe("lasting")["ProductionVariants"]
        assert (old["CurrentWeight"], new["CurrentWeight"]) == (0.0, 3.0)
        assert set(shares(hosting, "lasting", 20)) == {"new"}
