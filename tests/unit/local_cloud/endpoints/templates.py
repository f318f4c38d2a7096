"""Stacks for the tests: templates with a model, its configuration and its endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.unit.local_cloud.endpoints.conftest import IMAGE, Hosting, archive, until

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
DONE = ("_COMPLETE", "_FAILED")


@dataclass
class Stack:
    """One stack of a real local cloud."""

    hosting: Hosting
    name: str

    def __post_init__(self) -> None:
        self.client = self.hosting.cloud.client("cloudformation")

    def create(self, template: dict[str, Any], tags: Sequence[dict[str, str]] = ()) -> str:
        """Answers the status that it comes to."""
        self.client.create_stack(
            StackName=self.name, TemplateBody=json.dumps(template), Tags=list(tags)
        )
        return self.settled()

    def update(self, template: dict[str, Any]) -> str:
        self.client.update_stack(StackName=self.name, TemplateBody=json.dumps(template))
        return self.settled()

    def delete(self) -> None:
        found = self._described()["StackId"]
        self.client.delete_stack(StackName=self.name)
        self.name = found
        assert self.settled() == "DELETE_COMPLETE", self.reasons()

    def settled(self) -> str:
        until(lambda: not self._described()["StackStatus"].endswith("_IN_PROGRESS"))
        return str(self._described()["StackStatus"])

    def outputs(self) -> dict[str, str]:
        given = self._described().get("Outputs", [])
        return {one["OutputKey"]: one["OutputValue"] for one in given}

    def resources(self) -> dict[str, str]:
        """Logical id -> physical id."""
        found = self.client.describe_stack_resources(StackName=self.name)["StackResources"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}

    def events(self) -> list[tuple[str, str, str]]:
        """(logical id, status, reason), the newest first."""
        found = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return [
            (
                one["LogicalResourceId"],
                one["ResourceStatus"],
                one.get("ResourceStatusReason", ""),
            )
            for one in found
        ]

    def reasons(self) -> list[str]:
        """Why resources failed."""
        return [reason for _, status, reason in self.events() if status.endswith("_FAILED")]

    def _described(self) -> dict[str, Any]:
        (found,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return dict(found)


def model_data(hosting: Hosting, name: str, **behaviour: Any) -> str:
    """The data of a model whose server behaves so."""
    content = json.dumps({"name": name, **behaviour}).encode()
    return hosting.put(f"{name}/model.tar.gz", archive({"behaviour.json": content}))


def served(hosting: Hosting, data: str) -> dict[str, Any]:
    """A template of a model, a configuration and an endpoint, none of them named. Its numbers
    are strings, as templates may give them."""
    model = {
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": data, "Environment": {"WORKERS": 1}},
        "ExecutionRoleArn": hosting.role,
    }
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": "1",
        "InitialVariantWeight": "1.0",
    }
    configuration = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    return {
        "Resources": {
            "Model": resource("Model", model),
            "Config": resource("EndpointConfig", {"ProductionVariants": [variant]}),
            "Endpoint": resource("Endpoint", {"EndpointConfigName": configuration}),
        },
        "Outputs": {
            "Name": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
            "Arn": {"Value": {"Ref": "Endpoint"}},
            "Model": {"Value": {"Ref": "Model"}},
        },
    }


def scaled(template: dict[str, Any], maximum: int, policy_name: str) -> dict[str, Any]:
    """The template with a target and a policy of Application Auto Scaling."""
    name = {"Fn::GetAtt": ["Endpoint", "EndpointName"]}
    target = {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": DIMENSION,
        "ResourceId": {"Fn::Sub": ["endpoint/${Name}/variant/AllTraffic", {"Name": name}]},
        "MinCapacity": "1",
        "MaxCapacity": str(maximum),
    }
    tracking = {
        "TargetValue": "1000",
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    }
    policy = {
        "PolicyName": policy_name,
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": {"Ref": "Target"},
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    more = {
        "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target},
        "Policy": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": policy},
    }
    return {**template, "Resources": {**template["Resources"], **more}}


def resource(noun: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": f"AWS::SageMaker::{noun}", "Properties": properties}
