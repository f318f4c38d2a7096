"""Templates that have models, configurations and endpoints, in a real local cloud."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import Hosting
from tests.unit.local_cloud.endpoints.templates import (
    DIMENSION,
    Stack,
    model_data,
    scaled,
    served,
)


def names(hosting: Hosting, part: str) -> list[str]:
    """Of everything of SageMaker's that has the part in its name."""
    sagemaker = hosting.sagemaker
    return [
        *(one["ModelName"] for one in sagemaker.list_models(NameContains=part)["Models"]),
        *(
            one["EndpointConfigName"]
            for one in sagemaker.list_endpoint_configs(NameContains=part)["EndpointConfigs"]
        ),
        *(one["EndpointName"] for one in sagemaker.list_endpoints(NameContains=part)["Endpoints"]),
    ]


def test_a_stack_serves_a_model_replaces_it_and_takes_everything_away(hosting: Hosting) -> None:
    stack = Stack(hosting, "serving-stack")
    first = scaled(served(hosting, model_data(hosting, "templated-1")), 2, "follow")
    owner = [{"Key": "owner", "Value": "templates"}]
    assert stack.create(first, owner) == "CREATE_COMPLETE", stack.reasons()
    outputs, made = stack.outputs(), stack.resources()
    name = outputs["Name"]
    assert hosting.sagemaker.list_tags(ResourceArn=outputs["Arn"])["Tags"] == owner
    assert outputs["Arn"] == hosting.describe(name)["EndpointArn"]
    assert outputs["Model"].split(":")[5].startswith("model/serving-stack-Model-")
    assert made["Target"] == f"endpoint/{name}/variant/AllTraffic|{DIMENSION}|sagemaker"
    assert ":policyName/follow" in made["Policy"]
    assert hosting.invoke(name)["model"] == "templated-1"

    second = scaled(served(hosting, model_data(hosting, "templated-2")), 3, "track")
    assert stack.update(second) == "UPDATE_COMPLETE", stack.reasons()

    changed = stack.resources()
    assert hosting.invoke(name)["model"] == "templated-2"
    same = {logical_id for logical_id in made if made[logical_id] == changed[logical_id]}
    assert same == {"Endpoint", "Target"}
    current = {changed[one].rpartition("/")[2] for one in ("Model", "Config", "Endpoint")}
    assert set(names(hosting, "serving-stack")) == current
    scaling = hosting.cloud.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{name}/variant/AllTraffic"]
    )["ScalableTargets"]
    assert target["MaxCapacity"] == 3
    (policy,) = scaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=target["ResourceId"]
    )["ScalingPolicies"]
    assert policy["PolicyARN"] == changed["Policy"]
    assert policy["PolicyName"] == "track"

    third = scaled(served(hosting, model_data(hosting, "templated-3", crash=3)), 3, "track")
    assert stack.update(third) == "UPDATE_ROLLBACK_COMPLETE"

    failure = next(event for event in stack.events() if event[:2] == ("Endpoint", "UPDATE_FAILED"))
    assert "HandlerErrorCode: NotStabilized" in failure[2]
    assert "ping" in failure[2]
    assert hosting.invoke(name)["model"] == "templated-2"
    assert set(names(hosting, "serving-stack")) == current

    stack.delete()
    assert names(hosting, "serving-stack") == []
    assert hosting.processes(name) == []


def test_an_endpoint_that_does_not_come_up_fails_its_stack_and_leaves_nothing(
    hosting: Hosting,
) -> None:
    stack = Stack(hosting, "failing-stack")
    template = served(hosting, model_data(hosting, "templated-failing", crash=4))
    assert stack.create(template) == "ROLLBACK_COMPLETE"
    assert "HandlerErrorCode: NotStabilized" in stack.reasons()[0]
    assert names(hosting, "failing-stack") == []


def test_a_named_model_is_not_replaced_under_its_name(hosting: Hosting) -> None:
    stack = Stack(hosting, "named-stack")

    def template(version: str, **more: Any) -> dict[str, Any]:
        full = served(hosting, model_data(hosting, "templated-1"))
        model = full["Resources"]["Model"]
        model["Properties"]["PrimaryContainer"]["Environment"]["VERSION"] = version
        model["Properties"]["ModelName"] = "of-the-template"
        model["Properties"].update(more)
        return {"Resources": {"Model": model}}

    assert stack.create(template("1")) == "CREATE_COMPLETE", stack.reasons()
    assert stack.update(template("2")) == "UPDATE_ROLLBACK_COMPLETE"
    assert any(
        "cannot update a stack when a custom-named resource requires replacing" in reason
        for reason in stack.reasons()
    )
    tags = [{"Key": "team", "Value": "birds"}]
    assert stack.update(template("1", Tags=tags)) == "UPDATE_COMPLETE", stack.reasons()
    arn = stack.resources()["Model"]
    assert hosting.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    stack.delete()
    with pytest.raises(ClientError, match="Could not find model"):
        hosting.sagemaker.describe_model(ModelName="of-the-template")


def test_a_property_that_the_type_does_not_have_is_refused(hosting: Hosting) -> None:
    template = served(hosting, model_data(hosting, "templated-1"))
    template["Resources"]["Endpoint"]["Properties"]["Colour"] = "blue"
    stack = Stack(hosting, "wrong-property")
    assert stack.create(template) == "ROLLBACK_COMPLETE"
    assert "#: extraneous key [Colour] is not permitted" in stack.reasons()[0]
