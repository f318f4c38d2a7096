"""What CloudFormation asks of SageMaker for an endpoint, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.cloudformation import waiting
from local_cloud.sagemaker.cloudformation.endpoint import EndpointResource
from local_cloud.sagemaker.cloudformation.errors import ProvisioningError

ARN = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/birds"
FIRST = {"EndpointName": "birds", "EndpointConfigName": "first"}


class Endpoint:
    """SageMaker's only endpoint: ``states`` are what it goes through after the next change."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(waiting, "POLL_SECONDS", 0)
        self.states: list[dict[str, Any]] = []
        self.calls: list[tuple[str, Any]] = []
        self.resource = EndpointResource(self.call)

    def call(self, action: str, request: Any) -> dict[str, Any]:
        if action != "DescribeEndpoint":
            self.calls.append((action, request))
            return {"EndpointArn": ARN}
        if not self.states:
            raise ValidationException(f'Could not find endpoint "{ARN}".')
        now = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"EndpointArn": ARN, **now}


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    return Endpoint(monkeypatch)


def state(status: str, config: str, **more: Any) -> dict[str, Any]:
    return {"EndpointStatus": status, "EndpointConfigName": config, **more}


def test_an_update_says_what_is_retained_and_waits_for_its_end(endpoint: Endpoint) -> None:
    serving = state("InService", "first")
    endpoint.states = [serving, state("Updating", "first"), state("InService", "second")]
    second = {
        **FIRST,
        "EndpointConfigName": "second",
        "RetainAllVariantProperties": "true",
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        "RetainDeploymentConfig": True,
    }
    assert endpoint.resource.update(ARN, FIRST, second, "stack")[0] == ARN
    assert endpoint.calls == [("UpdateEndpoint", {**second, "RetainAllVariantProperties": True})]


def test_an_update_that_was_rolled_back_fails_with_the_endpoints_reason(
    endpoint: Endpoint,
) -> None:
    kept = state("InService", "first", FailureReason="One or more alarms are in ALARM.")
    endpoint.states = [state("InService", "first"), state("RollingBack", "first"), kept]
    second = {**FIRST, "EndpointConfigName": "second"}
    with pytest.raises(ProvisioningError, match="One or more alarms are in ALARM"):
        endpoint.resource.update(ARN, FIRST, second, "stack")


def test_deployment_settings_alone_deploy_nothing(endpoint: Endpoint) -> None:
    endpoint.states = [state("InService", "first")]
    endpoint.resource.update(ARN, FIRST, {**FIRST, "RetainDeploymentConfig": True}, "stack")
    assert endpoint.calls == []


def test_an_endpoint_is_deleted_once_it_is_at_rest(endpoint: Endpoint) -> None:
    seen: list[str] = []
    call = endpoint.call

    def recording(action: str, request: Any) -> dict[str, Any]:
        answer = call(action, request)
        if action == "DeleteEndpoint":
            seen.append("deleted after " + " ".join(one for one in moments))
            endpoint.states = []
        else:
            moments.append(str(answer["EndpointStatus"]))
        return answer

    moments: list[str] = []
    endpoint.states = [state("Updating", "first"), state("InService", "second")]
    EndpointResource(recording).delete(ARN, FIRST)
    assert seen == ["deleted after Updating InService"]
    EndpointResource(recording).delete(ARN, FIRST)
