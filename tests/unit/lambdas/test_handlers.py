from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lambdas.deployment import handler as deployment
from lambdas.intake import handler as intake
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    KEY,
    PARAMETER,
    ROLE,
    Logs,
    Parameters,
    SageMaker,
    approval,
    serving,
)
from tests.unit.lambdas.intake_doubles import MACHINE, States, Topic, batch, message
from tests.unit.lambdas.wire import by_methods, wired_client

ROOT = Path(__file__).parents[3]
FUNCTIONS = {
    "intake": ("gather", "check_quiet", "freeze", "release"),
    "training": ("raise_epochs", "notify", "empty_model_package_group"),
    "deployment": ("plan", "smoke_test", "roll_back", "clean_up", "scale", "tear_down"),
    "foundation": ("empty_buckets",),
    "serving": ("gather", "freeze", "advance", "tear_down"),
}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def connect(monkeypatch: pytest.MonkeyPatch, handler: ModuleType, **clients: Any) -> None:
    """Let a handler module have these clients, by service."""
    by_service = {name.replace("_", "-"): client for name, client in clients.items()}
    monkeypatch.setattr(handler, "client", lambda service, **_: by_service[service])


@pytest.mark.parametrize("word", FUNCTIONS)
def test_the_functions_of_a_stage_need_no_more_than_their_asset(word: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "__init__.py").touch()
    for package in ("shared", word):
        shutil.copytree(ROOT / "lambdas" / package, tmp_path / "lambdas" / package)
    names = ", ".join(FUNCTIONS[word])
    code = f"from lambdas.{word}.handler import {names}; import lambdas; print(lambdas.__file__)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_an_upload_goes_from_the_queue_to_the_frozen_manifest(
    monkeypatch: pytest.MonkeyPatch, s3: Any, bucket: str, dynamodb: Any, table_name: str
) -> None:
    class Pipelines:
        def StartPipelineExecution(self, request: Any) -> dict[str, str]:  # noqa: N802
            return {"PipelineExecutionArn": f"arn:{request['PipelineName']:>64}"}

    states, topic = States(), Topic()
    connect(
        monkeypatch,
        intake,
        s3=s3,
        dynamodb=dynamodb,
        sns=topic,
        stepfunctions=wired_client("stepfunctions", by_methods(states)),
        sagemaker=wired_client("sagemaker", by_methods(Pipelines())),
    )
    for name, value in {
        "TABLE_NAME": table_name,
        "STATE_MACHINE_ARN": MACHINE,
        "WORKLOADS": "birds",
        "ALERT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:alerts",
        "QUIET_SECONDS": "1",
        "MAX_WAIT_SECONDS": "60",
        "DATA_BUCKET": bucket,
        "ENVIRONMENT": "test",
    }.items():
        monkeypatch.setenv(name, value)
    s3.put_object(Bucket=bucket, Key="uploads/birds/a b/1.png", Body=b"1")
    records = [message("uploads/birds/a b/1.png", "good"), {"messageId": "bad", "body": "{}"}]

    assert intake.gather(batch(records), None) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    (execution,) = states.started.values()
    waiting = intake.check_quiet(execution, None)
    frozen = intake.freeze(execution, None)

    assert waiting == {"quiet": False, "wait_seconds": 1}
    assert frozen["outcome"] == "started"
    assert intake.release(execution, None) == {}
    json.dumps(frozen)


def test_an_approval_goes_from_the_plan_to_the_clean_up(
    monkeypatch: pytest.MonkeyPatch, s3: Any, bucket: str
) -> None:
    class Runtime:
        def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
            answer = {"predictions": [{"label": "1", "confidence": 0.5}]}
            body = io.BytesIO(json.dumps(answer).encode())
            return {"Body": body, "ContentType": "application/json"}

    sagemaker = SageMaker()
    sagemaker.serve(f"{GROUP}-v2-00000000")
    sagemaker.add(f"{GROUP}-v1-00000000")
    for package in sagemaker.packages.values():
        package["CustomerMetadataProperties"]["samples"] = f"s3://{bucket}/birds/samples"
    connect(
        monkeypatch,
        deployment,
        s3=s3,
        sagemaker=sagemaker.client(),
        sagemaker_runtime=Runtime(),
        ssm=Parameters().client(),
    )
    for name, value in {
        "ENDPOINT_NAME": ENDPOINT,
        "CHAMPION_PARAMETER": PARAMETER,
        "MODEL_PACKAGE_GROUP": GROUP,
        "MODEL_ROLE_ARN": ROLE,
        "SERVING": serving().to_json(),
        "KMS_KEY_ARN": "",
        "ARTIFACT_BUCKET": bucket,
        "OUTPUT_KEY_ARN": KEY,
        "ALARMS": "rookery-test-birds-wrong-answers",
        "BAKE_SECONDS": "30",
        "TIMEOUT_SECONDS": "900",
        "SUCCESS_TOPIC_ARN": "",
        "ERROR_TOPIC_ARN": "",
        "OUTCOME_BUCKET": "",
        "MODE": "realtime",
        "MAX_FAILURES": "0",
        "ENVIRONMENT": "test",
        "WORKLOAD": "birds",
    }.items():
        monkeypatch.setenv(name, value)
    index = {"schema_version": 1, "samples": [{"file": "1.png", "label": "1"}]}
    s3.put_object(Bucket=bucket, Key="birds/samples/1.png", Body=b"1")
    s3.put_object(Bucket=bucket, Key="birds/samples/samples.json", Body=json.dumps(index))

    plan = deployment.plan(approval(), Context())
    name = plan["model"]["ModelName"]
    unchanged = deployment.roll_back({"plan": plan, "reason": "a test"}, Context())
    nothing = deployment.roll_back({"plan": {}, "reason": "a test"}, Context())
    sagemaker.serve(name)
    smoke = deployment.smoke_test({"plan": plan}, Context())
    cleaned = deployment.clean_up({"plan": plan}, Context())

    assert smoke["passed"], smoke["detail"]
    assert unchanged["done"]
    assert nothing["done"]
    assert cleaned == {"removed": [f"{GROUP}-v1-00000000"], "rejected": ""}
    assert sagemaker.configs == {name, f"{GROUP}-v2-00000000"}
    json.dumps([plan, unchanged, nothing, smoke, cleaned])


def test_an_asynchronous_endpoint_is_asked_by_its_queue(
    monkeypatch: pytest.MonkeyPatch, s3: Any, bucket: str
) -> None:
    class Runtime:
        def invoke_endpoint_async(self, **request: Any) -> dict[str, Any]:
            return {"OutputLocation": f"s3://{bucket}/birds/async/answers/1.out"}

    connect(monkeypatch, deployment, s3=s3, sagemaker_runtime=Runtime())
    for name, value in {"ENDPOINT_NAME": ENDPOINT, "MODE": "async", "MAX_FAILURES": "0"}.items():
        monkeypatch.setenv(name, value)
    index = {"schema_version": 1, "samples": [{"file": "1.png", "label": "1"}]}
    s3.put_object(Bucket=bucket, Key="birds/samples/1.png", Body=b"1")
    s3.put_object(Bucket=bucket, Key="birds/samples/samples.json", Body=json.dumps(index))
    answer = {"predictions": [{"label": "1", "confidence": 0.5}]}
    s3.put_object(Bucket=bucket, Key="birds/async/answers/1.out", Body=json.dumps(answer))
    plan = {
        "samples": f"s3://{bucket}/birds/samples",
        "evaluation_report": "",
        "target_variant": "",
    }

    smoke = deployment.smoke_test({"plan": plan}, Context())

    assert smoke["passed"], smoke["detail"]


def test_the_tear_down_deletes_by_the_properties_that_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sagemaker = SageMaker()
    sagemaker.add(f"{GROUP}-v1-00000000", f"{GROUP}-v2-v1-00000000")
    logs = Logs("/aws/sagemaker/Endpoints/of-it", "/aws/sagemaker/Endpoints/of-another")
    connect(
        monkeypatch,
        deployment,
        sagemaker=sagemaker.client(),
        ssm=Parameters().client(),
        logs=logs.client(),
    )
    answers: list[str | None] = []
    monkeypatch.setattr(
        "lambdas.shared.custom_resource.answer", lambda event, reason: answers.append(reason)
    )

    deployment.tear_down(
        {
            "RequestType": "Delete",
            "ResourceProperties": {
                "EndpointName": ENDPOINT,
                "NamePrefix": f"{GROUP}-v",
                "LogGroup": "/aws/sagemaker/Endpoints/of-it",
            },
        },
        Context(),
    )

    assert answers == [None]
    assert sagemaker.configs == sagemaker.models == {f"{GROUP}-v2-v1-00000000"}
    assert logs.groups == {"/aws/sagemaker/Endpoints/of-another"}
