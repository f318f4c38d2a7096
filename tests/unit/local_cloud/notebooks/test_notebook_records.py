"""Notebook instances are records: with AWS's states and transitions, and nothing behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import dispatch
from local_cloud.sagemaker.cloudformation.notebook_instance import NotebookInstanceResource
from local_cloud.sagemaker.cloudformation.notebook_instance_lifecycle_config import (
    NotebookInstanceLifecycleConfigResource,
)
from local_cloud.sagemaker.notebook_records import instances
from tests.unit.local_cloud.endpoints.conftest import until
from tests.unit.local_cloud.sagemaker_doubles import assert_output_shape, make_service

ROLE = "arn:aws:iam::000000000000:role/notebooks"
ARN = "arn:aws:sagemaker:us-east-1:000000000000:notebook-instance/birds"
GIVEN = {"NotebookInstanceName": "birds", "InstanceType": "ml.t3.medium", "RoleArn": ROLE}
CHANGE_EVENT = "SageMaker Notebook Instance State Change"
Call = Callable[..., dict[str, Any]]


class Notebooks:
    def __init__(self, folder: Path) -> None:
        self.service, self.aws, self.events, self.tasks = make_service(folder)

    def __call__(self, action: str, **request: Any) -> dict[str, Any]:
        answer = dispatch.perform(self.service, action, request)
        assert_output_shape(action, answer)
        return answer

    def call(self, action: str, request: Any) -> dict[str, Any]:
        """As CloudFormation's handlers call."""
        return self(action, **request)

    def status(self) -> str:
        described = self("DescribeNotebookInstance", NotebookInstanceName="birds")
        return str(described["NotebookInstanceStatus"])

    def becomes(self, status: str) -> None:
        until(lambda: self.status() == status, seconds=10)

    def refused(self, action: str, **request: Any) -> str:
        with pytest.raises(ApiError) as caught:
            self(action, **request)
        return caught.value.message


@pytest.fixture
def notebooks(tmp_path: Path) -> Notebooks:
    return Notebooks(tmp_path)


def named(**more: Any) -> dict[str, Any]:
    return {"NotebookInstanceName": "birds", **more}


def test_an_instance_goes_through_the_states_of_aws_and_tells_each(notebooks: Notebooks) -> None:
    tags = [{"Key": "team", "Value": "birds"}]
    created = notebooks("CreateNotebookInstance", **GIVEN, Tags=tags)
    assert created == {"NotebookInstanceArn": ARN}
    notebooks.becomes("InService")
    assert notebooks("ListTags", ResourceArn=ARN)["Tags"] == tags
    notebooks("StopNotebookInstance", **named())
    notebooks.becomes("Stopped")
    notebooks("UpdateNotebookInstance", **named(InstanceType="ml.m5.xlarge", VolumeSizeInGB=20))
    notebooks.becomes("Stopped")
    described = notebooks("DescribeNotebookInstance", **named())
    assert (described["InstanceType"], described["VolumeSizeInGB"]) == ("ml.m5.xlarge", 20)
    notebooks("StartNotebookInstance", **named())
    notebooks.becomes("InService")
    notebooks("StopNotebookInstance", **named())
    notebooks.becomes("Stopped")
    notebooks("DeleteNotebookInstance", **named())
    until(lambda: not notebooks("ListNotebookInstances")["NotebookInstances"], seconds=10)
    assert notebooks.refused("DescribeNotebookInstance", **named()) == "RecordNotFound"
    notebooks.tasks.shut_down()
    told = [one["NotebookInstanceStatus"] for one in notebooks.events.details(CHANGE_EVENT)]
    passed = ["Pending", "InService", "Stopping", "Stopped", "Updating", "Stopped"]
    again = ["Pending", "InService", "Stopping", "Stopped", "Deleting"]
    assert sorted(told) == sorted([*passed, *again])


def test_transitions_that_aws_refuses_are_refused_in_its_words(notebooks: Notebooks) -> None:
    notebooks("CreateNotebookInstance", **GIVEN)
    notebooks.becomes("InService")
    assert notebooks.refused("DeleteNotebookInstance", **named()) == (
        "Status (InService) not in ([Stopped, Failed]). Unable to transition to (Deleting) for "
        f"Notebook Instance ({ARN})."
    )
    assert "transition to (Pending)" in notebooks.refused("StartNotebookInstance", **named())
    assert "transition to (Updating)" in notebooks.refused("UpdateNotebookInstance", **named())
    duplicate = notebooks.refused("CreateNotebookInstance", **GIVEN)
    assert duplicate == f"Cannot create a duplicate Notebook Instance ({ARN})"
    notebooks("StopNotebookInstance", **named())
    notebooks.becomes("Stopped")
    assert notebooks.refused("StopNotebookInstance", **named()).startswith(
        "Status (Stopped) not in ([InService])"
    )


def test_a_url_is_refused_since_nothing_runs(notebooks: Notebooks) -> None:
    notebooks("CreateNotebookInstance", **GIVEN)
    message = notebooks.refused("CreatePresignedNotebookInstanceUrl", **named())
    assert "does not have the action CreatePresignedNotebookInstanceUrl" in message
    assert "Url" not in notebooks("DescribeNotebookInstance", **named())


def test_an_instance_without_internet_needs_a_subnet(notebooks: Notebooks) -> None:
    given = {**GIVEN, "DirectInternetAccess": "Disabled"}
    assert "SubnetId" in notebooks.refused("CreateNotebookInstance", **given)


def test_a_lifecycle_configuration_is_kept_listed_and_changed(notebooks: Notebooks) -> None:
    name = {"NotebookInstanceLifecycleConfigName": "setup"}
    assert notebooks.refused("CreateNotebookInstance", **GIVEN, LifecycleConfigName="setup")
    notebooks("CreateNotebookInstanceLifecycleConfig", **name, OnStart=[{"Content": "ZWNobw=="}])
    message = notebooks.refused("CreateNotebookInstanceLifecycleConfig", **name)
    assert message.endswith("Notebook Instance Lifecycle Config already exists.)")
    notebooks("CreateNotebookInstance", **GIVEN, LifecycleConfigName="setup")
    notebooks.becomes("InService")
    listed = notebooks("ListNotebookInstances", NotebookInstanceLifecycleConfigNameContains="set")
    assert [one["NotebookInstanceName"] for one in listed["NotebookInstances"]] == ["birds"]
    none = notebooks("ListNotebookInstances", NotebookInstanceLifecycleConfigNameContains="x")
    assert none["NotebookInstances"] == []
    notebooks("UpdateNotebookInstanceLifecycleConfig", **name, OnCreate=[{"Content": "bHM="}])
    described = notebooks("DescribeNotebookInstanceLifecycleConfig", **name)
    assert described["OnCreate"] == [{"Content": "bHM="}]
    (one,) = notebooks("ListNotebookInstanceLifecycleConfigs")["NotebookInstanceLifecycleConfigs"]
    assert one["NotebookInstanceLifecycleConfigName"] == "setup"
    notebooks("DeleteNotebookInstanceLifecycleConfig", **name)
    assert notebooks.refused("DescribeNotebookInstanceLifecycleConfig", **name) == "RecordNotFound"


def test_a_state_that_was_passing_at_a_kill_passes_at_the_next_start(notebooks: Notebooks) -> None:
    class NoTasks:
        stopping = True

        def start(self, name: str, work: Any) -> None:
            """The kill comes first."""

    killed = replace(notebooks.service, tasks=NoTasks())
    dispatch.perform(killed, "CreateNotebookInstance", GIVEN)
    assert notebooks.status() == "Pending"
    instances.resume(notebooks.service)
    assert notebooks.status() == "InService"
    dispatch.perform(killed, "StopNotebookInstance", named())
    instances.resume(notebooks.service)
    dispatch.perform(killed, "DeleteNotebookInstance", named())
    instances.resume(notebooks.service)
    assert notebooks("ListNotebookInstances")["NotebookInstances"] == []


def test_a_template_changes_a_running_instance_as_cloudformation_does(
    notebooks: Notebooks,
) -> None:
    lifecycle = NotebookInstanceLifecycleConfigResource(notebooks.call)
    scripts = {"NotebookInstanceLifecycleConfigName": "setup", "OnStart": [{"Content": "bHM="}]}
    lifecycle_arn, attributes = lifecycle.create("Setup", scripts, "stack")
    assert attributes["NotebookInstanceLifecycleConfigName"] == "setup"
    resource = NotebookInstanceResource(notebooks.call)
    first = {**GIVEN, "LifecycleConfigName": "setup", "VolumeSizeInGB": "10"}
    arn, attributes = resource.create("Notebook", first, "stack")
    assert (arn, attributes["NotebookInstanceName"]) == (ARN, "birds")
    assert notebooks.status() == "InService"

    second = {**GIVEN, "VolumeSizeInGB": "20"}
    assert resource.update(arn, first, second, "stack")[0] == arn

    described = notebooks("DescribeNotebookInstance", **named())
    assert described["NotebookInstanceStatus"] == "InService"
    assert described["VolumeSizeInGB"] == 20
    assert "NotebookInstanceLifecycleConfigName" not in described
    changed = {"NotebookInstanceLifecycleConfigName": "setup"}
    lifecycle.update(lifecycle_arn, scripts, changed, "stack")
    kept = notebooks("DescribeNotebookInstanceLifecycleConfig", **changed)
    assert kept["OnStart"] == []
    resource.delete(arn, second)
    resource.delete(arn, second)
    lifecycle.delete(lifecycle_arn, changed)
    assert notebooks("ListNotebookInstances")["NotebookInstances"] == []
