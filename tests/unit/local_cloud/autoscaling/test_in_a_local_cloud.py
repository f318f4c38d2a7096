"""A real local cloud: its endpoints scale, for clients, templates and state machines alike."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud, running_cloud
from tests.unit.local_cloud.autoscaling.conftest import DIMENSION, TRACKING
from tests.unit.local_cloud.endpoints.conftest import Hosting, hosting_on, until, variant

BOUNDS = {"MinCapacity": 1, "MaxCapacity": 3}
CLOUD = "us-east-1:000000000000"
SERVICE_ROLE = (
    "arn:aws:iam::000000000000:role/aws-service-role/"
    "sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": [resource]}


def registering(endpoint: str) -> list[dict[str, Any]]:
    """What AWS asks of whoever registers an endpoint's variant."""
    own = f"arn:aws:application-autoscaling:{CLOUD}:scalable-target/*"
    sagemaker = f"arn:aws:sagemaker:{CLOUD}"
    return [
        allow(["application-autoscaling:RegisterScalableTarget"], own),
        allow(
            ["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
            f"{sagemaker}:endpoint/{endpoint}",
        ),
        allow(["sagemaker:DescribeEndpointConfig"], f"{sagemaker}:endpoint-config/*"),
        allow(["iam:CreateServiceLinkedRole"], SERVICE_ROLE),
    ]


def identity(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{endpoint}",
        "ScalableDimension": DIMENSION,
    }


@pytest.fixture(scope="module")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    with running_cloud(tmp_path_factory.mktemp("autoscaling")) as cloud:
        yield hosting_on(cloud)


def template(endpoint: str) -> str:
    target = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {**identity(endpoint), **BOUNDS},
    }
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": "follow",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": 10},
        },
    }
    return json.dumps({"Resources": {"Target": target, "Policy": policy}})


def test_a_template_scales_an_endpoint_by_its_requests_until_the_endpoint_is_deleted(
    hosting: Hosting,
) -> None:
    hosting.endpoint("scaled")
    cloudformation = hosting.cloud.client("cloudformation")
    cloudformation.create_stack(StackName="scaling", TemplateBody=template("scaled"))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="scaling", WaiterConfig={"Delay": 1}
    )
    for _ in range(15):
        hosting.invoke("scaled")
    autoscaling = hosting.cloud.client("application-autoscaling")

    def scaled() -> bool:
        found = autoscaling.describe_scaling_activities(ServiceNamespace="sagemaker")
        return "Successful" in [one["StatusCode"] for one in found["ScalingActivities"]]

    until(scaled)
    (serving,) = hosting.describe("scaled")["ProductionVariants"]
    assert serving["CurrentInstanceCount"] == 2
    assert len(hosting.processes("scaled")) >= 2
    larger = variant("scaled", InstanceType="ml.m5.xlarge")
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName="larger", ProductionVariants=[larger]
    )
    with pytest.raises(ClientError, match="must be deregistered as scalable targets"):
        hosting.update("scaled", "larger")
    until(lambda: _deleted(hosting, "scaled"))
    until(
        lambda: (
            not autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
                "ScalableTargets"
            ]
        )
    )


def _deleted(hosting: Hosting, endpoint: str) -> bool:
    try:
        hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    except ClientError as error:
        # The scaler may just have begun another update.
        if "in-progress" not in str(error):
            raise
        return False
    return True


def execute(cloud: RunningCloud, role: str, action: str, arguments: dict[str, Any]) -> Any:
    """One aws-sdk task in a state machine of that role; answers its execution at its end."""
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:applicationautoscaling:{action}",
        "Arguments": arguments,
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": task}}
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(
        name=f"{action}-{role.rpartition('/')[2]}", definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        described = states.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.1)
    raise AssertionError(f"still running: {described}")


def test_a_state_machine_registers_under_its_role_and_needs_every_permission_of_aws(
    hosting: Hosting,
) -> None:
    hosting.endpoint("registered")
    cloud, trusts = hosting.cloud, ["states.amazonaws.com"]
    request = {**identity("registered"), **BOUNDS}
    for index, statement in enumerate(registering("registered")[:3]):
        given = [one for one in registering("registered") if one != statement]
        lacking = cloud.client_as(
            cloud.role(f"lacking-{index}", given, trusts=[]), "application-autoscaling"
        )
        with pytest.raises(ClientError, match=statement["Action"][0]):
            lacking.register_scalable_target(**request)
    allowed = cloud.role("registering", registering("registered"), trusts=trusts)
    ended = execute(cloud, allowed, "registerScalableTarget", request)
    assert ended["status"] == "SUCCEEDED", ended
    (arn,) = json.loads(ended["output"]).values()
    assert arn.startswith(f"arn:aws:application-autoscaling:{CLOUD}:scalable-target/")
    gone = {**identity("registered"), "ResourceId": "endpoint/gone/variant/gone"}
    everything = [allow(["application-autoscaling:*"], "*")]
    role = cloud.role("deregistering", everything, trusts=trusts)
    ended = execute(cloud, role, "deregisterScalableTarget", gone)
    assert ended["error"] == "ApplicationAutoScaling.ObjectNotFoundException"


def test_quotas_and_offerings_are_there_for_whoever_may_ask(hosting: Hosting) -> None:
    cloud = hosting.cloud
    asking = cloud.role(
        "asking",
        [allow(["servicequotas:ListServiceQuotas", "ec2:DescribeInstanceTypeOfferings"], "*")],
        trusts=[],
    )
    quotas = cloud.client_as(asking, "service-quotas")
    names = [
        quota["QuotaName"]
        for page in quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
        for quota in page["Quotas"]
    ]
    assert "ml.m5.large for endpoint usage" in names
    offered = cloud.client_as(asking, "ec2").describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": ["m5.large"]}],
    )["InstanceTypeOfferings"]
    assert [one["Location"] for one in offered] == [f"us-east-1{zone}" for zone in "abc"]
    stranger = cloud.role("stranger", [], trusts=[])
    with pytest.raises(ClientError, match="servicequotas:ListServiceQuotas"):
        cloud.client_as(stranger, "service-quotas").list_service_quotas(ServiceCode="sagemaker")
    with pytest.raises(ClientError, match="ec2:DescribeInstanceTypeOfferings"):
        cloud.client_as(stranger, "ec2").describe_instance_type_offerings()
