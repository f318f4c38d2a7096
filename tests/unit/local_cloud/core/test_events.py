from __future__ import annotations

import json

from tests.local_cloud_fixture import RunningCloud


def test_an_approval_is_an_event_in_awss_shape(cloud: RunningCloud) -> None:
    sqs, sagemaker = cloud.client("sqs"), cloud.client("sagemaker")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelApprovalStatus": ["Approved"], "ModelPackageGroupName": ["approvals"]},
    }
    events = cloud.client("events")
    events.put_rule(Name="approvals", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="approvals", Targets=[target])

    sagemaker.create_model_package_group(ModelPackageGroupName="approvals")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="approvals",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": "registry.example/plain:1"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    event = json.loads(message["Body"])
    assert event["account"] == cloud.settings.account_id
    assert event["resources"] == [package]
    assert event["detail"]["ModelPackageArn"] == package
    assert event["detail"]["ModelPackageVersion"] == 1


def test_a_client_may_not_forge_an_event_of_aws(cloud: RunningCloud) -> None:
    entry = {"Source": "aws.sagemaker", "DetailType": "x", "Detail": "{}"}
    answer = cloud.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 1
