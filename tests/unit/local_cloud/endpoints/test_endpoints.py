from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import Hosting, until, variant


def test_an_endpoint_serves_its_model_by_a_real_process(hosting: Hosting) -> None:
    described = hosting.endpoint("serving")
    assert described["EndpointStatus"] == "InService", described
    assert described["EndpointConfigName"] == "serving"
    (summary,) = described["ProductionVariants"]
    assert (summary["VariantName"], summary["CurrentWeight"]) == ("serving", 1.0)
    assert hosting.invoke("serving")["model"] == "serving"
    assert hosting.processes("serving")


def test_headers_reach_the_container_and_come_back(hosting: Hosting) -> None:
    hosting.endpoint("headers")
    answer = hosting.runtime.invoke_endpoint(
        EndpointName="headers",
        Body=b"x",
        ContentType="application/x-image",
        Accept="application/json",
        CustomAttributes="tfs-method=predict",
        InferenceId="id-1",
    )
    seen = json.loads(answer["Body"].read())["headers"]
    assert seen["content-type"] == "application/x-image"
    assert seen["accept"] == "application/json"
    assert seen["x-amzn-sagemaker-custom-attributes"] == "tfs-method=predict"
    assert seen["x-amzn-sagemaker-inference-id"] == "id-1"
    assert answer["InvokedProductionVariant"] == "headers"
    assert answer["CustomAttributes"] == "seen=yes"
    assert answer["ContentType"] == "application/json"


def test_an_update_fails_no_request_and_ends_the_old_servers(hosting: Hosting) -> None:
    hosting.endpoint("updated")
    old = hosting.processes("updated")
    config = hosting.config("updated-2", **{hosting.model("updated-2"): 1.0})
    answered, failures = _keep_asking(hosting, "updated", lambda: hosting.update("updated", config))
    assert not failures
    assert hosting.describe("updated")["EndpointConfigName"] == config
    assert answered[0] == "updated"
    assert answered[-1] == "updated-2"
    # All at once: no answer of the old model after the first of the new one.
    assert answered == sorted(answered)
    until(lambda: not any(one.is_running() for one in old))
    assert "SIGTERM: saying goodbye" in hosting.log("updated")


def _keep_asking(hosting: Hosting, name: str, work: Any) -> tuple[list[str], list[Exception]]:
    """Invoke over and over from before ``work`` until after it: who answered, what failed."""
    answered: list[str] = []
    failures: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set() or len(answered) < 2:
            try:
                answered.append(hosting.invoke(name)["model"])
            except Exception as error:
                failures.append(error)
                return

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: answered or failures)
    work()
    answered.append(hosting.invoke(name)["model"])
    done.set()
    thread.join()
    return answered, failures


def test_a_request_on_its_way_is_answered_before_its_server_ends(hosting: Hosting) -> None:
    hosting.endpoint("draining")
    config = hosting.config("draining-2", **{hosting.model("draining-2"): 1.0})
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(hosting.invoke("draining", "slow 2")))
    thread.start()
    until(lambda: "slow request" in hosting.log("draining"))
    hosting.update("draining", config)
    thread.join()
    assert answers == [{"model": "draining"}]


def test_a_failed_update_keeps_what_served_before(hosting: Hosting) -> None:
    hosting.endpoint("kept")
    config = hosting.config("broken", **{hosting.model("broken", crash="no such weight file"): 1.0})
    described = hosting.update("kept", config)
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "kept"
    assert "broken" in described["FailureReason"]
    assert "no such weight file" in described["FailureReason"]
    assert hosting.invoke("kept")["model"] == "kept"


def test_a_failed_creation_says_the_end_of_the_log(hosting: Hosting) -> None:
    described = hosting.endpoint("failing", crash="the model is cursed")
    assert described["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in described["FailureReason"]
    assert "the model is cursed" in described["FailureReason"]
    assert not hosting.processes("failing")
    with pytest.raises(ClientError, match=r"Endpoint failing of account \d+ not found"):
        hosting.invoke("failing")
    with pytest.raises(ClientError, match="can only be deleted"):
        hosting.update("failing", "failing")


def test_the_containers_error_is_a_model_error_with_its_answer(hosting: Hosting) -> None:
    hosting.endpoint("erring")
    for status in (400, 500):
        with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
            hosting.invoke("erring", f"fail {status}")
        response = caught.value.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
        assert response["OriginalStatusCode"] == status
        assert response["OriginalMessage"] == f"the model says {status}"
        assert "/aws/sagemaker/Endpoints/erring" in response["LogStreamArn"]
        assert f"({status}) from primary" in response["Error"]["Message"]


def test_weights_share_the_traffic_and_a_target_variant_overrides_them(hosting: Hosting) -> None:
    hosting.config("shared", **{hosting.model("heavy"): 1.0, hosting.model("idle"): 0.0})
    hosting.sagemaker.create_endpoint(EndpointName="shared", EndpointConfigName="shared")
    assert hosting.settled("shared")["EndpointStatus"] == "InService"
    assert {hosting.invoke("shared")["model"] for _ in range(10)} == {"heavy"}
    assert hosting.invoke("shared", TargetVariant="idle")["model"] == "idle"
    with pytest.raises(ClientError, match="Variant nobody not found"):
        hosting.invoke("shared", TargetVariant="nobody")


def test_a_crashed_server_is_started_again_and_the_log_says_so(hosting: Hosting) -> None:
    hosting.endpoint("crashing")
    with pytest.raises(ClientError) as caught:
        hosting.invoke("crashing", "die")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)

    def answers() -> bool:
        try:
            return bool(hosting.invoke("crashing")["model"] == "crashing")
        except ClientError:
            return False

    until(answers)
    assert "ended with 9: restarting" in hosting.log("crashing")
    assert hosting.describe("crashing")["EndpointStatus"] == "InService"


def test_a_deleted_endpoint_leaves_no_process_and_no_model_files(hosting: Hosting) -> None:
    hosting.endpoint("deleted")
    hosting.sagemaker.delete_endpoint(EndpointName="deleted")
    until(lambda: not hosting.sagemaker.list_endpoints(NameContains="deleted")["Endpoints"])
    assert not hosting.processes("deleted")
    assert not (hosting.cloud.settings.endpoints_dir / "deleted").exists()
    for call in (hosting.sagemaker.describe_endpoint, hosting.sagemaker.delete_endpoint):
        with pytest.raises(ClientError, match='Could not find endpoint "arn:aws:sagemaker'):
            call(EndpointName="deleted")
    with pytest.raises(ClientError, match=r"Endpoint deleted of account \d+ not found"):
        hosting.invoke("deleted")


def test_an_endpoint_in_progress_is_not_changed(hosting: Hosting) -> None:
    hosting.config("slow", **{hosting.model("slow", start_seconds=1): 1.0})
    hosting.sagemaker.create_endpoint(EndpointName="slow", EndpointConfigName="slow")
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName="slow", EndpointConfigName="slow")
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName="slow")
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        hosting.sagemaker.create_endpoint(EndpointName="slow", EndpointConfigName="slow")
    assert hosting.settled("slow")["EndpointStatus"] == "InService"


def test_a_servers_log_goes_to_cloudwatch_logs_under_the_variants_instance(
    hosting: Hosting,
) -> None:
    hosting.endpoint("logging")
    logs = hosting.cloud.client("logs")
    group = "/aws/sagemaker/Endpoints/logging"

    def messages() -> list[str]:
        found = logs.filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in found]

    until(lambda: _there(logs, group) and any("server of logging" in one for one in messages()))
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith("logging/i-")


def _there(logs: Any, group: str) -> bool:
    return bool(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])


def test_each_change_of_state_is_an_event_on_the_bus(hosting: Hosting) -> None:
    queue, arn = _queue_of_endpoint_events(hosting)
    hosting.endpoint("telling")
    details: list[dict[str, Any]] = []

    def in_service() -> bool:
        details.extend(_receive(hosting, queue))
        return any(one["EndpointStatus"] == "IN_SERVICE" for one in details)

    until(in_service)
    assert [one["EndpointStatus"] for one in details] == ["CREATING", "IN_SERVICE"]
    assert {one["EndpointName"] for one in details} == {"telling"}
    assert details[0]["CreationTime"] > time.time() * 1000 - 600_000
    assert not any(key.startswith("_") for one in details for key in one)
    assert arn


def _queue_of_endpoint_events(hosting: Hosting) -> tuple[str, str]:
    sqs, events = hosting.cloud.client("sqs"), hosting.cloud.client("events")
    url = sqs.create_queue(QueueName="endpoint-events")["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint State Change"],
        "detail": {"EndpointName": ["telling"]},
    }
    events.put_rule(Name="endpoints", EventPattern=json.dumps(pattern))
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    events.put_targets(Rule="endpoints", Targets=[{"Id": "queue", "Arn": arn}])
    return url, arn


def _receive(hosting: Hosting, queue: str) -> list[dict[str, Any]]:
    sqs = hosting.cloud.client("sqs")
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["detail"] for message in messages]


def test_a_payload_over_the_limit_is_refused(hosting: Hosting) -> None:
    hosting.endpoint("limited")
    largest = 6_291_456
    assert hosting.invoke("limited", b"x" * largest)["size"] == largest
    with pytest.raises(ClientError, match="exceeded 6291456 bytes"):
        hosting.invoke("limited", b"x" * (largest + 1))


def test_a_server_runs_with_its_roles_credentials_unless_isolated(hosting: Hosting) -> None:
    hosting.endpoint("open")
    seen = hosting.invoke("open", "environment")
    assert seen["AWS_CONTAINER_CREDENTIALS_FULL_URI"].startswith("http://127.0.0.1:")
    assert "AWS_ACCESS_KEY_ID" not in seen
    assert seen["SAGEMAKER_LOCAL_ML_ROOT"].endswith("/ml")
    hosting.model("closed-data")
    data = "s3://models/closed-data/model.tar.gz"
    container = {"Image": "registry.example/answering:1", "ModelDataUrl": data}
    hosting.create_model("closed", container, EnableNetworkIsolation=True)
    hosting.config("closed", closed=1.0)
    hosting.sagemaker.create_endpoint(EndpointName="closed", EndpointConfigName="closed")
    hosting.settled("closed")
    closed = hosting.invoke("closed", "environment")
    assert not [name for name in closed if "CREDENTIALS" in name or "ACCESS_KEY" in name]


def test_an_update_can_retain_the_variants_weights(hosting: Hosting) -> None:
    hosting.model("retained")
    for name, weight in (("retained-1", 3.0), ("retained-2", 1.0)):
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[variant("retained", InitialVariantWeight=weight)],
        )
    hosting.sagemaker.create_endpoint(EndpointName="retained", EndpointConfigName="retained-1")
    hosting.settled("retained")
    described = hosting.update("retained", "retained-2", RetainAllVariantProperties=True)
    assert described["EndpointConfigName"] == "retained-2"
    assert described["ProductionVariants"][0]["CurrentWeight"] == 3.0
