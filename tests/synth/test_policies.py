"""What holds in every template of every environment, whatever the stacks hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import names
from tests.synth.templates import EVERY_ENVIRONMENT, Template, resources, stacks

# Calls that IAM offers no resource for, so that "*" is the only thing that can stand there
# (service authorization reference).
WITHOUT_RESOURCE = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    # Application Auto Scaling asks for all alarms in its caller's name.
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:PutMetricData",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:DescribeInstanceTypeOfferings",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "servicequotas:ListServiceQuotas",
    "logs:UpdateLogDelivery",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListModels",
    "sagemaker:ListTransformJobs",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}

pytestmark = pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def templates(environment: str) -> list[Template]:
    return list(stacks(environment).values())


def of_type(environment: str, resource_type: str) -> list[tuple[str, dict[str, Any]]]:
    found = [
        (logical_id, resource["Properties"])
        for template in templates(environment)
        for logical_id, resource in resources(template, resource_type).items()
    ]
    assert found, f"no {resource_type} in {environment}: the test would say nothing"
    return found


def allowed_statements(environment: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Allow statements of identity policies (not of keys, buckets, queues and topics)."""
    for logical_id, policy in of_type(environment, "AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            yield logical_id, statement
    for logical_id, role in of_type(environment, "AWS::IAM::Role"):
        for inline in role.get("Policies", []):
            for statement in inline["PolicyDocument"]["Statement"]:
                yield logical_id, statement


def test_no_role_has_a_managed_policy(environment: str) -> None:
    for logical_id, role in of_type(environment, "AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role, logical_id


def test_no_statement_allows_a_wildcard_action(environment: str) -> None:
    for logical_id, statement in allowed_statements(environment):
        assert "NotAction" not in statement, logical_id
        for action in listed(statement["Action"]):
            assert "*" not in action, (logical_id, action)


def test_only_calls_without_a_resource_are_allowed_on_every_resource(environment: str) -> None:
    for logical_id, statement in allowed_statements(environment):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE, (logical_id, statement)


def test_metrics_are_published_in_named_namespaces_only(environment: str) -> None:
    found = False
    named = {"/aws/sagemaker/*", "aws/sagemaker/*", names.DEPLOYMENT_METRICS}
    for logical_id, statement in allowed_statements(environment):
        if "cloudwatch:PutMetricData" in listed(statement["Action"]):
            found = True
            (condition,) = statement["Condition"].values()
            assert set(listed(condition["cloudwatch:namespace"])) <= named, logical_id
    assert found


def test_a_role_is_passed_to_sagemaker_only(environment: str) -> None:
    found = False
    for logical_id, statement in allowed_statements(environment):
        if "iam:PassRole" in listed(statement["Action"]):
            found = True
            assert listed(statement["Action"]) == ["iam:PassRole"], logical_id
            assert "*" not in listed(statement["Resource"]), logical_id
            assert statement["Condition"] == {
                "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
            }, logical_id
    assert found


def test_each_service_role_is_assumed_by_one_service(environment: str) -> None:
    for logical_id, role in of_type(environment, "AWS::IAM::Role"):
        if role.get("RoleName") == names.promotion_role(environment):
            continue  # of other environments: test_promotion.py
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Action"] == "sts:AssumeRole", logical_id
        assert set(statement["Principal"]) == {"Service"}, logical_id
        assert isinstance(statement["Principal"]["Service"], str), logical_id


def test_every_bucket_is_private_versioned_and_encrypted(environment: str) -> None:
    buckets = of_type(environment, "AWS::S3::Bucket")
    by_kms = 0
    for logical_id, bucket in buckets:
        assert all(bucket["PublicAccessBlockConfiguration"].values()), logical_id
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled", logical_id
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        if rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms":
            by_kms += 1
            assert rule["BucketKeyEnabled"] is True, logical_id
            assert "LoggingConfiguration" in bucket, logical_id
        assert bucket["LifecycleConfiguration"]["Rules"], logical_id
    # S3 delivers access logs only to a bucket with S3's own encryption: the one exception.
    assert by_kms == len(buckets) - 1


@pytest.mark.parametrize(
    ("resource_type", "policy_type", "names"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_plain_http_is_denied(
    environment: str, resource_type: str, policy_type: str, names: str
) -> None:
    protected = {
        reference["Ref"]
        for _, policy in of_type(environment, policy_type)
        for reference in listed(policy[names])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert {logical_id for logical_id, _ in of_type(environment, resource_type)} == protected


def test_the_key_rotates(environment: str) -> None:
    for logical_id, key in of_type(environment, "AWS::KMS::Key"):
        assert key["EnableKeyRotation"] is True, logical_id


def test_topics_queues_and_tables_are_encrypted(environment: str) -> None:
    for logical_id, topic in of_type(environment, "AWS::SNS::Topic"):
        assert topic["KmsMasterKeyId"], logical_id
    for logical_id, queue in of_type(environment, "AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True, logical_id
    for logical_id, table in of_type(environment, "AWS::DynamoDB::Table"):
        assert table["SSESpecification"]["SSEType"] == "KMS", logical_id
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], logical_id
        assert table["BillingMode"] == "PAY_PER_REQUEST", logical_id


def test_every_function_writes_to_a_log_group_of_its_own(environment: str) -> None:
    groups = []
    for logical_id, function in of_type(environment, "AWS::Lambda::Function"):
        assert function["TracingConfig"] == {"Mode": "Active"}, logical_id
        groups.append(function["LoggingConfig"]["LogGroup"]["Ref"])
    assert len(groups) == len(set(groups))


def test_every_log_group_is_encrypted_and_expires(environment: str) -> None:
    for logical_id, group in of_type(environment, "AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] > 0, logical_id
        assert group["KmsKeyId"], logical_id


def test_every_state_machine_logs_and_traces(environment: str) -> None:
    for logical_id, machine in of_type(environment, "AWS::StepFunctions::StateMachine"):
        assert machine["LoggingConfiguration"]["Level"] == "ALL", logical_id
        assert machine["TracingConfiguration"] == {"Enabled": True}, logical_id


def test_every_event_rule_keeps_what_it_could_not_deliver(environment: str) -> None:
    for logical_id, rule in of_type(environment, "AWS::Events::Rule"):
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"]["Arn"], logical_id


def test_an_alarm_tells_of_each_dead_letter(environment: str) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for _, alarm in of_type(environment, "AWS::CloudWatch::Alarm")
        if alarm.get("AlarmActions")
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    dead_letters = {
        logical_id
        for logical_id, _ in of_type(environment, "AWS::SQS::Queue")
        if "DeadLetters" in logical_id
    }
    assert dead_letters
    assert dead_letters <= watched


def test_what_could_make_an_endpoint_anew_is_deleted_before_the_endpoint(environment: str) -> None:
    tear_downs = {logical_id for logical_id, _ in of_type(environment, "Custom::TearDownEndpoint")}
    (deployment,) = [
        template for stack, template in stacks(environment).items() if stack.endswith("-deployment")
    ]
    for resource_type in ("AWS::Events::Rule", "AWS::StepFunctions::StateMachine"):
        for logical_id, resource in resources(deployment, resource_type).items():
            # Deletion goes the opposite way of the dependencies.
            assert tear_downs & set(resource["DependsOn"]), logical_id


def test_statement_ids_are_unique_in_their_policy_and_made_of_letters_and_digits(
    environment: str,
) -> None:
    """IAM refuses a policy otherwise; the local cloud takes it."""
    found = 0
    for template in templates(environment):
        for logical_id, resource in template["Resources"].items():
            for name in ("PolicyDocument", "KeyPolicy"):
                document = resource.get("Properties", {}).get(name)
                if document:
                    ids = [each["Sid"] for each in document["Statement"] if "Sid" in each]
                    found += len(ids)
                    assert len(ids) == len(set(ids)), (logical_id, ids)
                    assert all(sid.isascii() and sid.isalnum() for sid in ids), (logical_id, ids)
    assert found


def test_the_policies_of_a_role_fit_into_what_iam_takes(environment: str) -> None:
    """10,240 characters for all inline policies of a role, white space not counted."""
    for template in templates(environment):
        for logical_id, policy in resources(template, "AWS::IAM::Policy").items():
            document = policy["Properties"]["PolicyDocument"]
            assert len(json.dumps(document, separators=(",", ":"))) < 10_240, logical_id
