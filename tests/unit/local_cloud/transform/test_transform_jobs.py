from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import until
from tests.unit.local_cloud.transform.conftest import BUCKET, MODEL, Transforms, request

LINES: dict[str, Any] = {"input": {"SplitType": "Line"}, "output": {"AssembleWith": "Line"}}
CSV_LINES: dict[str, Any] = {
    "input": {"SplitType": "Line", "ContentType": "text/csv"},
    "output": {"AssembleWith": "Line", "Accept": "text/csv"},
}


def test_each_object_below_the_prefix_gets_an_output_of_its_name(transforms: Transforms) -> None:
    described = transforms.run(
        "whole",
        {"a.csv": "1,2\n3,4\n", "deep/größe 1.csv": "5,6", "empty.csv": ""},
        input={"ContentType": "text/csv"},
        output={"Accept": "text/csv"},
    )
    assert described["TransformJobStatus"] == "Completed", described
    # The last 0 is the model's answer to the end of the file's last line.
    wanted = {"a.csv.out": "3\n7\n0\n", "deep/größe 1.csv.out": "11\n", "empty.csv.out": ""}
    assert transforms.outputs("whole") == wanted
    seen = transforms.requests("whole")
    assert sorted(one["size"] for one in seen) == [3, 8]
    assert {(one["Content-Type"], one["Accept"]) for one in seen} == {("text/csv", "text/csv")}
    assert described["TransformInput"]["SplitType"] == "None"
    assert described["TransformEndTime"] >= described["TransformStartTime"]
    assert not transforms.processes("whole")
    assert not (transforms.folder("whole") / "ml").exists()


def test_requests_run_at_once_and_their_answers_keep_the_records_order(
    transforms: Transforms,
) -> None:
    numbers = [str(number) for number in range(12)]
    described = transforms.run(
        "parallel",
        {"rows": "\r\n".join(numbers) + "\r\n\r\n"},
        BatchStrategy="SingleRecord",
        MaxConcurrentTransforms=3,
        # The container answers none before three are there.
        Environment={"PARTIES": "3"},
        **LINES,
    )
    assert described["TransformJobStatus"] == "Completed", described
    assert transforms.outputs("parallel") == {"rows.out": "\n".join(numbers) + "\n"}
    assert len(transforms.requests("parallel")) == 12


def test_multi_record_fills_requests_up_to_the_payload_limit(transforms: Transforms) -> None:
    line = "1" + "," * 400_000
    described = transforms.run(
        "packed",
        {"rows": "\n".join([line] * 5)},
        MaxPayloadInMB=1,
        BatchStrategy="MultiRecord",
        **LINES,
    )
    assert described["TransformJobStatus"] == "Completed", described
    assert [one["size"] for one in transforms.requests("packed")] == [800_003, 800_003, 400_001]
    assert transforms.outputs("packed") == {"rows.out": "1\n" * 5}


def test_a_record_over_the_limit_costs_its_file_and_fails_the_job(transforms: Transforms) -> None:
    files: dict[str, str | bytes] = {"1-large": "1\n" + "," * 1_100_000, "2-small": "1,1"}
    described = transforms.run("too-large", files, MaxPayloadInMB=1, **LINES)
    assert described["TransformJobStatus"] == "Failed"
    reason = described["FailureReason"]
    assert reason.startswith("ClientError: See job logs for more information")
    assert "data/in/too-large/1-large: Too much data for max payload size" in reason
    assert "1 of 2 input objects failed" in reason
    assert transforms.outputs("too-large") == {"2-small.out": "2\n"}


def test_the_prediction_joins_its_row_without_the_model_seeing_the_id(
    transforms: Transforms,
) -> None:
    described = transforms.run(
        "joined-csv",
        {"rows.csv": '901,1,2\n902,3,4\n"x,903",5,6\n'},
        DataProcessing={
            "InputFilter": "$[1:]",
            "JoinSource": "Input",
            "OutputFilter": "$[0,-1]",
        },
        **CSV_LINES,
    )
    assert described["TransformJobStatus"] == "Completed", described
    assert transforms.outputs("joined-csv") == {"rows.csv.out": '901,3\n902,7\n"x,903",11\n'}
    assert [one["size"] for one in transforms.requests("joined-csv")] == [len("1,2\n3,4\n5,6")]


def test_a_table_that_is_not_split_is_joined_row_by_row(transforms: Transforms) -> None:
    described = transforms.run(
        "joined-whole",
        {"rows.csv": "901,1,2\n902,3,4\n"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input"},
        input={"ContentType": "text/csv"},
    )
    assert described["TransformJobStatus"] == "Completed", described
    assert transforms.outputs("joined-whole") == {"rows.csv.out": "901,1,2,3\n902,3,4,7"}
    assert len(transforms.requests("joined-whole")) == 1


def test_the_prediction_joins_its_json_object(transforms: Transforms) -> None:
    rows = [{"id": "é1", "features": [1, 2]}, {"id": 2, "features": [3], "more": None}]
    described = transforms.run(
        "joined-json",
        {"rows.jsonl": "\n".join(json.dumps(row) for row in rows)},
        DataProcessing={
            "InputFilter": "$.features",
            "JoinSource": "Input",
            "OutputFilter": "$['id','SageMakerOutput']",
        },
        Environment={"FORM": "json"},
        input={"SplitType": "Line", "ContentType": "application/jsonlines"},
        output={"AssembleWith": "Line"},
    )
    assert described["TransformJobStatus"] == "Completed", described
    wanted = '{"id":"é1","SageMakerOutput":{"sum":3}}\n{"id":2,"SageMakerOutput":{"sum":3}}\n'
    assert transforms.outputs("joined-json") == {"rows.jsonl.out": wanted}


def test_compressed_objects_of_a_manifest_are_read(transforms: Transforms) -> None:
    transforms.put("elsewhere/deep/a.gz", gzip.compress(b"1,2\n3,4\n"))
    transforms.put("elsewhere/not-named.gz", b"")
    manifest = [{"prefix": f"s3://{BUCKET}/elsewhere/"}, "deep/a.gz"]
    transforms.put("manifest.json", json.dumps(manifest))
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/manifest.json"}
    described = transforms.run(
        "listed",
        input={
            "DataSource": {"S3DataSource": source},
            "CompressionType": "Gzip",
            "SplitType": "Line",
        },
        output={"AssembleWith": "Line"},
    )
    assert described["TransformJobStatus"] == "Completed", described
    assert transforms.outputs("listed") == {"deep/a.gz.out": "3\n7\n"}


def test_a_refused_record_fails_the_job_in_the_containers_words(transforms: Transforms) -> None:
    files: dict[str, str | bytes] = {"1-bad": "1\nrefuse 415\n3", "2-good": "first 1\n2"}
    described = transforms.run("refused", files, BatchStrategy="SingleRecord", **LINES)
    assert described["TransformJobStatus"] == "Failed"
    reason = described["FailureReason"]
    assert reason.startswith("ClientError: See job logs for more information")
    assert "data/in/refused/1-bad: ClientError: 415" in reason
    assert "the model refuses with 415" in reason
    # What was refused as invalid is not sent again; what failed for the moment is.
    assert transforms.outputs("refused") == {"2-good.out": "0\n2\n"}
    sizes = [one["size"] for one in transforms.requests("refused")]
    assert (sizes.count(len("refuse 415")), sizes.count(len("first 1"))) == (1, 2)
    assert (
        ":[sagemaker logs]: data/in/refused/1-bad: Message:"
        in (transforms.folder("refused") / "data.log").read_text()
    )


def test_a_failing_model_is_asked_again_as_often_as_the_client_says(
    transforms: Transforms,
) -> None:
    client = {"InvocationsTimeoutInSeconds": 30, "InvocationsMaxRetries": 1}
    described = transforms.run("failing", {"a": "refuse 500"}, ModelClientConfig=client)
    assert described["FailureReason"].startswith("AlgorithmError: See job logs")
    assert "Bad HTTP status received from algorithm: 500" in described["FailureReason"]
    assert len(transforms.requests("failing")) == 2
    assert described["ModelClientConfig"] == client


def test_a_model_that_does_not_answer_in_time_fails_the_job(transforms: Transforms) -> None:
    client = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}
    described = transforms.run("late", {"a": "wait"}, ModelClientConfig=client)
    wanted = "Model server did not respond to /invocations request within 1 seconds"
    assert wanted in described["FailureReason"]


@pytest.mark.parametrize(
    ("name", "content", "environment", "reason"),
    [
        ("dying", "die", {}, "ended with exit status 9"),
        ("crashing", "1", {"CRASH": "no such weights"}, "no such weights"),
    ],
)
def test_a_container_that_ends_fails_the_job_with_the_end_of_its_log(
    transforms: Transforms, name: str, content: str, environment: dict[str, str], reason: str
) -> None:
    described = transforms.run(name, {"a": content}, Environment=environment)
    assert described["FailureReason"].startswith("AlgorithmError: the container ended")
    assert reason in described["FailureReason"]
    assert f"serving {MODEL}" in described["FailureReason"]


def test_the_container_is_told_of_the_job_and_says_how_it_is_to_be_asked(
    transforms: Transforms,
) -> None:
    offered = {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 9}
    described = transforms.run(
        "told",
        {"a": "environment\nenvironment"},
        MaxPayloadInMB=4,
        Environment={"IN_BOTH": "job", "PARAMETERS": json.dumps(offered)},
        **LINES,
    )
    assert described["TransformJobStatus"] == "Completed", described
    environments = [json.loads(line) for line in transforms.outputs("told")["a.out"].splitlines()]
    assert len(environments) == 2
    seen = environments[0]
    assert (seen["FROM_MODEL"], seen["IN_BOTH"]) == ("model", "job")
    assert (seen["SAGEMAKER_BATCH"], seen["SAGEMAKER_MAX_PAYLOAD_IN_MB"]) == ("true", "4")
    assert "SAGEMAKER_BATCH_STRATEGY" not in seen
    said = "MaxConcurrentTransforms=2, MaxPayloadInMB=4, BatchStrategy=SINGLE_RECORD"
    assert said in (transforms.folder("told") / "data.log").read_text()


def test_a_stopped_job_ends_its_container_and_writes_no_half_file(transforms: Transforms) -> None:
    files: dict[str, str | bytes] = {"1-done": "1", "2-half": "1\nwait"}
    transforms.start("stopped", files, BatchStrategy="SingleRecord", **LINES)
    until(lambda: "waiting" in _log(transforms, "stopped"))
    transforms.sagemaker.stop_transform_job(TransformJobName="stopped")
    assert transforms.ended("stopped")["TransformJobStatus"] == "Stopped"
    assert transforms.outputs("stopped") == {"1-done.out": "1\n"}
    assert not transforms.processes("stopped")
    with pytest.raises(ClientError, match="is in status Stopped"):
        transforms.sagemaker.stop_transform_job(TransformJobName="stopped")


def _log(transforms: Transforms, name: str) -> str:
    path = transforms.folder(name) / "job.log"
    return path.read_text() if path.exists() else ""


TWO = {"InstanceType": "ml.m5.large", "InstanceCount": 2}


def test_several_instances_share_the_objects(transforms: Transforms) -> None:
    # Each of the two containers waits for two requests, and gets just as many.
    files: dict[str, str | bytes] = {"1": "1,1", "2": "2,2", "3": "3,3", "4": "4,4"}
    described = transforms.run(
        "shared",
        files,
        TransformResources=TWO,
        MaxConcurrentTransforms=2,
        Environment={"PARTIES": "2"},
    )
    assert described["TransformJobStatus"] == "Completed", described
    expected = {"1.out": "2\n", "2.out": "4\n", "3.out": "6\n", "4.out": "8\n"}
    assert transforms.outputs("shared") == expected
    folder = transforms.folder("shared")
    for host in ("algo-1", "algo-2"):
        assert (folder / host / "job.log").read_text().count('"size"') == 2
    found = transforms.cloud.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix="shared/"
    )
    assert len(found["logStreams"]) == 4


def test_an_instance_whose_container_ends_ends_the_others(transforms: Transforms) -> None:
    files: dict[str, str | bytes] = {"1": "wait", "2": "die"}
    described = transforms.run("one-dies", files, TransformResources=TWO)
    assert described["TransformJobStatus"] == "Failed"
    assert "ended with exit status 9" in described["FailureReason"]
    assert not transforms.processes("one-dies")


def test_the_containers_of_an_inference_pipeline_are_asked_one_after_the_other(
    transforms: Transforms,
) -> None:
    container = {
        "Image": "registry.example/adding:1",
        "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
    }
    transforms.sagemaker.create_model(
        ModelName="two-steps",
        Containers=[{**container, "ContainerHostname": name} for name in ("rows", "sums")],
        ExecutionRoleArn=transforms.role,
    )
    described = transforms.run(
        "in-steps",
        {"a": "1,2\n30,4"},
        ModelName="two-steps",
        output={"Accept": "text/plain"},
        input={"ContentType": "text/csv"},
    )
    assert described["TransformJobStatus"] == "Completed", described
    # The first answers a line a row, and the second adds each up as if it were a row again; to it
    # nothing after the last line's end is a row as well.
    assert transforms.outputs("in-steps")["a.out"].split() == ["3", "34", "0"]
    seen = {name: requests_of(transforms, "in-steps", name) for name in ("rows", "sums")}
    assert [one["size"] for one in seen["rows"]] == [8]
    assert (seen["rows"][0]["Content-Type"], seen["rows"][0]["Accept"]) == ("text/csv", None)
    assert [one["size"] for one in seen["sums"]] == [5]
    assert seen["sums"][0]["Accept"] == "text/plain"
    found = transforms.cloud.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix="in-steps/"
    )
    ends = {one["logStreamName"].split("/")[2] for one in found["logStreams"]}
    assert ends == {"rows", "sums", "data-log"}


def requests_of(transforms: Transforms, name: str, container: str) -> list[dict[str, Any]]:
    """What a container of a pipeline saw."""
    log = transforms.folder(name) / container / "job.log"
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_prefix_that_the_role_sees_no_objects_under_is_refused(transforms: Transforms) -> None:
    role = transforms.cloud.role("blind", [], trusts=["sagemaker.amazonaws.com"])
    assert refused(transforms, "no-input", transforms.role) == (
        'No S3 objects found under S3 URL "s3://data/in/no-input/" given in input data source. '
        "Please ensure that the bucket exists in the selected region (us-east-1), that objects "
        f'exist under that S3 prefix, and that the role "{transforms.role}" has "s3:ListBucket" '
        'permissions on bucket "data".'
    )
    transforms.put("in/unseen/a", "1")
    assert f'that the role "{role}" has "s3:ListBucket"' in refused(transforms, "unseen", role)


def refused(transforms: Transforms, name: str, role: str) -> str:
    """What a job of a model with the role is refused with."""
    if role != transforms.role:
        transforms.sagemaker.create_model(
            ModelName=name,
            PrimaryContainer={"Image": "registry.example/adding:1"},
            ExecutionRoleArn=role,
        )
    model = MODEL if role == transforms.role else name
    with pytest.raises(ClientError) as caught:
        transforms.start(name, ModelName=model)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


def test_an_object_that_the_role_may_not_read_fails_the_job(transforms: Transforms) -> None:
    model = f"arn:aws:s3:::{BUCKET}/model.tar.gz"
    statements = [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["*"]},
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [model]},
    ]
    role = transforms.cloud.role("listing", statements, trusts=["sagemaker.amazonaws.com"])
    container = {
        "Image": "registry.example/adding:1",
        "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
    }
    transforms.sagemaker.create_model(
        ModelName="listing", PrimaryContainer=container, ExecutionRoleArn=role
    )
    described = transforms.run("unreadable", {"a": "1"}, ModelName="listing")
    reason = described["FailureReason"]
    assert reason.startswith("ClientError: See job logs for more information")
    assert "Unable to download object s3://data/in/unreadable/a (AccessDenied" in reason


def test_outputs_are_written_with_the_models_role(transforms: Transforms) -> None:
    path = {"S3OutputPath": f"s3://{BUCKET}/closed/"}
    reason = transforms.run("closed", {"a": "1"}, output=path)["FailureReason"]
    assert reason.startswith("ClientError: Unable to upload object s3://data/closed/a.out (")
    assert "AccessDenied: " in reason


def test_the_logs_go_to_the_transform_jobs_group(transforms: Transforms) -> None:
    transforms.run("logging", {"a": "1"})
    logs = transforms.cloud.client("logs")
    group = "/aws/sagemaker/TransformJobs"
    found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="logging/")
    names = sorted(stream["logStreamName"] for stream in found["logStreams"])
    assert len(names) == 2
    assert names[1] == f"{names[0]}/data-log"
    events = logs.get_log_events(logGroupName=group, logStreamName=names[0])["events"]
    assert f"serving {MODEL}" in [event["message"] for event in events]


def test_each_change_of_state_is_an_event_on_the_bus(transforms: Transforms) -> None:
    sqs, events = transforms.cloud.client("sqs"), transforms.cloud.client("events")
    queue = sqs.create_queue(QueueName="transform-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {"TransformJobName": ["telling"]},
    }
    events.put_rule(Name="transforms", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="transforms", Targets=[target])
    described = transforms.run("telling", {"a": "1"})
    received: list[dict[str, Any]] = []

    def both() -> bool:
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in got:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        received.extend(json.loads(message["Body"]) for message in got)
        return len(received) == 2

    until(both)
    details = [event["detail"] for event in received]
    assert [one["TransformJobStatus"] for one in details] == ["InProgress", "Completed"]
    assert received[0]["resources"] == [described["TransformJobArn"]]
    assert details[1]["TransformEndTime"] > 1_600_000_000_000
    assert not any(key.startswith("_") for one in details for key in one)


def test_jobs_are_listed_tagged_and_named_once(transforms: Transforms) -> None:
    tags = [{"Key": "team", "Value": "birds"}]
    described = transforms.run("named", {"a": "1"}, Tags=tags)
    answer = transforms.sagemaker.list_tags(ResourceArn=described["TransformJobArn"])
    assert answer["Tags"] == tags
    listed = transforms.sagemaker.list_transform_jobs(NameContains="named")
    (summary,) = listed["TransformJobSummaries"]
    assert summary["TransformJobStatus"] == "Completed"
    assert summary["TransformJobArn"] == described["TransformJobArn"]
    failed = transforms.sagemaker.list_transform_jobs(NameContains="named", StatusEquals="Failed")
    assert failed["TransformJobSummaries"] == []
    with pytest.raises(ClientError, match="ResourceInUse"):
        transforms.start("named")
    for call in (
        transforms.sagemaker.describe_transform_job,
        transforms.sagemaker.stop_transform_job,
    ):
        with pytest.raises(ClientError, match="Could not find requested job with name: nobody"):
            call(TransformJobName="nobody")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ModelName": "nobody"}, "Could not find model"),
        ({"MaxPayloadInMB": 101}, "cannot be greater than 100"),
        ({"MaxPayloadInMB": 30, "MaxConcurrentTransforms": 4}, r"30|4 \* 30 = 120"),
        (
            {"input": {"SplitType": "RecordIO"}},
            "SplitType RecordIO: the local cloud splits",
        ),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://data/x"}}, "no data capture"),
        ({"DataProcessing": {"JoinSource": "Input"}}, "needs the ContentType text/csv"),
        ({"DataProcessing": {"InputFilter": "$..a"}}, "operators are"),
    ],
)
def test_what_cannot_run_is_refused_at_once(
    transforms: Transforms, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        transforms.sagemaker.create_transform_job(**request("refused-at-once", **changes))
