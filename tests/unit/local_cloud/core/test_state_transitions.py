"""What AWS refuses because of the state that a resource is in, for every family that has states."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import dispatch
from local_cloud.sagemaker.service import SageMakerService

JOBS = {
    "TrainingJob": ("training-job", "training job"),
    "ProcessingJob": ("processing-job", "job"),
    "TransformJob": ("transform-job", "transform job"),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "hyperparameter tuning job"),
}
MOVING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
TOKEN = "t" * 32
PIPELINE = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/p"
EXECUTION = f"{PIPELINE}/execution/abcdefghijkl"


def refusal(service: SageMakerService, action: str, **request: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        dispatch.perform(service, action, request)
    return caught.value


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
@pytest.mark.parametrize("member", JOBS)
def test_a_job_that_has_ended_is_not_stopped(
    service: SageMakerService, member: str, status: str
) -> None:
    kind, noun = JOBS[member]
    name = f"{member}Name"
    document = {name: "job", f"{member}Arn": service.arn(f"{kind}/job"), f"{member}Status": status}
    service.store.create(kind, "job", document)
    error = refusal(service, f"Stop{member}", **{name: "job"})
    assert error.code == "ValidationException"
    assert error.message == f"The request was rejected because the {noun} is in status {status}."
    assert service.store.get(kind, "job")[f"{member}Status"] == status


@pytest.fixture
def endpoint(service: SageMakerService) -> str:
    arn = service.arn("endpoint/e")
    now = {"CreationTime": 1.0, "LastModifiedTime": 1.0}
    document = {"EndpointName": "e", "EndpointArn": arn, "EndpointConfigName": "c", **now}
    service.store.create("endpoint", "e", {**document, "EndpointStatus": "InService"})
    return arn


@pytest.mark.parametrize("status", MOVING)
def test_an_endpoint_that_changes_is_neither_changed_nor_deleted(
    service: SageMakerService, endpoint: str, status: str
) -> None:
    service.store.update("endpoint", "e", EndpointStatus=status)
    wanted = [{"VariantName": "v", "DesiredWeight": 1.0}]
    for action, more in (
        ("UpdateEndpoint", {"EndpointConfigName": "other"}),
        ("UpdateEndpointWeightsAndCapacities", {"DesiredWeightsAndCapacities": wanted}),
        ("DeleteEndpoint", {}),
    ):
        error = refusal(service, action, EndpointName="e", **more)
        assert error.code == "ValidationException"
        assert error.message == f'Cannot update in-progress endpoint "{endpoint}".'
    assert service.store.get("endpoint", "e")["EndpointStatus"] == status


def test_an_endpoint_that_failed_can_only_be_deleted(
    service: SageMakerService, endpoint: str
) -> None:
    service.store.update("endpoint", "e", EndpointStatus="Failed")
    error = refusal(service, "UpdateEndpoint", EndpointName="e", EndpointConfigName="other")
    assert error.message.endswith("in status Failed: it can only be deleted.")


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped"])
def test_an_execution_that_has_ended_is_not_stopped(service: SageMakerService, status: str) -> None:
    service.store.create("pipeline-execution", EXECUTION, execution(status))
    request = {"PipelineExecutionArn": EXECUTION, "ClientRequestToken": TOKEN}
    error = refusal(service, "StopPipelineExecution", **request)
    assert error.code == "ConflictException"
    assert f"is {status}. Only pipeline executions with 'Executing' status" in error.message


@pytest.mark.parametrize("status", ["Succeeded", "Executing", "Stopping"])
def test_an_execution_that_did_not_fail_is_not_tried_again(
    service: SageMakerService, status: str
) -> None:
    service.store.create("pipeline-execution", EXECUTION, execution(status))
    request = {"PipelineExecutionArn": EXECUTION, "ClientRequestToken": TOKEN}
    error = refusal(service, "RetryPipelineExecution", **request)
    assert error.code == "ConflictException"
    assert f"is {status}. Only executions that Failed or were Stopped" in error.message


def execution(status: str) -> dict[str, Any]:
    return {
        "PipelineArn": PIPELINE,
        "PipelineExecutionArn": EXECUTION,
        "PipelineExecutionStatus": status,
        "CreationTime": 1.0,
        "LastModifiedTime": 1.0,
        "_tokens": [],
        "_steps": {},
    }
