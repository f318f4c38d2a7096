from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker import dispatch
from tests.local_cloud_fixture import RunningCloud
from tests.unit.local_cloud.sagemaker_doubles import make_service


def loose(cloud: RunningCloud) -> Any:
    """A client that sends what boto3's own checks would hold back."""
    import botocore.config

    return cloud.client("sagemaker", config=botocore.config.Config(parameter_validation=False))


def test_every_fault_of_a_request_is_named_in_awss_words(cloud: RunningCloud) -> None:
    with pytest.raises(ClientError) as caught:
        loose(cloud).create_model_package_group(
            ModelPackageGroupName="no spaces", Tags=[{"Value": "x"}]
        )
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("2 validation errors detected: Value 'no spaces' at")
    assert "tags.1.member.key" in error["Message"]


def test_an_action_that_is_not_there_answers_with_its_name_and_what_is(
    cloud: RunningCloud,
) -> None:
    with pytest.raises(ClientError, match="CreateCodeRepository") as caught:
        loose(cloud).create_code_repository()
    error = caught.value.response["Error"]
    assert error["Code"] == "UnsupportedOperation"
    assert "docs/local-sagemaker-api.md lists those that it has" in error["Message"]
    assert "CreateTrainingJob" in error["Message"]


@pytest.mark.parametrize(
    ("service", "action", "request_", "words"),
    [
        (
            "sagemaker-featurestore-runtime",
            "get_record",
            {"FeatureGroupName": "birds", "RecordIdentifierValueAsString": "1"},
            "UnsupportedOperation.*action GetRecord of sagemaker-featurestore-runtime",
        ),
        (
            "sagemaker-metrics",
            "batch_put_metrics",
            {
                "TrialComponentName": "x",
                "MetricData": [{"MetricName": "m", "Timestamp": 0, "Value": 1.0}],
            },
            "UnsupportedOperation.*action BatchPutMetrics of sagemaker-metrics",
        ),
    ],
)
def test_an_action_of_a_sister_service_answers_with_its_name(
    cloud: RunningCloud, service: str, action: str, request_: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        getattr(cloud.client(service), action)(**request_)


def test_what_aws_does_not_know_is_an_unknown_operation(tmp_path: Path) -> None:
    service, _, _, _ = make_service(tmp_path)
    dispatcher = dispatch.Dispatcher(service)
    asked = [
        ("/", {"x-amz-target": "SageMaker.CreateMiracle"}, 400, b"no action CreateMiracle"),
        ("/endpoints/e/miracles", {}, 404, b"no action at POST /endpoints/e/miracles"),
    ]
    for path, headers, expected, words in asked:
        status, answered, body = asyncio.run(dispatcher("POST", path, headers, b"{}", {}))
        assert status == expected
        assert b"UnknownOperationException" in body + answered.get("x-amzn-ErrorType", "").encode()
        assert words in body
    service.store.close()


def test_a_member_that_is_null_is_a_member_that_is_not_there(cloud: RunningCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    body = b'{"NameContains": null, "CreationTimeAfter": null}'
    sagemaker.meta.events.register(
        "before-sign.sagemaker.ListModels", lambda request, **_: setattr(request, "data", body)
    )
    assert "Models" in sagemaker.list_models()


def test_a_time_that_is_no_number_is_refused(cloud: RunningCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    body = b'{"CreationTimeAfter": "yesterday"}'
    sagemaker.meta.events.register(
        "before-sign.sagemaker.ListModels", lambda request, **_: setattr(request, "data", body)
    )
    with pytest.raises(ClientError, match="can not be converted to milliseconds") as caught:
        sagemaker.list_models()
    assert caught.value.response["Error"]["Code"] == "SerializationException"


def test_the_steps_of_no_execution_in_particular_are_refused(cloud: RunningCloud) -> None:
    with pytest.raises(ClientError, match="PipelineExecutionArn must be given"):
        cloud.client("sagemaker").list_pipeline_execution_steps()


def test_a_fault_of_the_local_cloud_itself_is_an_internal_failure_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service, _, _, _ = make_service(tmp_path)

    def broken(*_arguments: Any, **_options: Any) -> Any:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(dispatch.Dispatcher, "_check", broken)
    dispatcher = dispatch.Dispatcher(service)
    target = {"x-amz-target": "SageMaker.ListModels"}
    for path, headers in (("/", target), ("/endpoints/e/invocations", {})):
        status, _, body = asyncio.run(dispatcher("POST", path, headers, b"{}", {}))
        assert status == 500
        assert b"ZeroDivisionError: a fault of ours" in body
    assert sum(record.exc_info is not None for record in caplog.records) == 2
    service.store.close()


def test_a_body_that_is_not_json_is_refused(cloud: RunningCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.meta.events.register(
        "before-sign.sagemaker.ListModels",
        lambda request, **_: setattr(request, "data", b"{"),
    )
    with pytest.raises(ClientError, match="not JSON"):
        sagemaker.list_models()


def test_a_signature_by_a_wrong_secret_key_is_refused(cloud: RunningCloud) -> None:
    user = cloud.client("iam").create_user(UserName="signer")["User"]["UserName"]
    key = cloud.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    with pytest.raises(ClientError, match=r"signature we calculated does not match"):
        cloud.session(key, "wrong", "sagemaker").list_models()


def test_only_the_loopback_address_answers(cloud: RunningCloud) -> None:
    import psutil

    from local_cloud import process

    process_id = process.pid(cloud.settings.state_dir)
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(process_id).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_the_certificate_is_trusted_by_the_bundle_that_clients_get(cloud: RunningCloud) -> None:
    import ssl

    context = ssl.create_default_context(cafile=str(cloud.settings.ca_bundle))
    url = f"{cloud.settings.endpoint_url}/_ministack/ready"
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        assert answer.status == 200
        json.loads(answer.read())
