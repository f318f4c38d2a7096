"""What the drill's work needs: images, a role, models, endpoints, a pipeline."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

from tests.durability_drill.ledger import QUEUE, Clients
from tests.local_cloud_fixture import RunningCloud

PROGRAM = Path(__file__).with_name("program.py")
IMAGE = "registry.example/drilled:1"
IMAGES = f"""
[[image]]
repository = "drilled"
tag = "*"
train = ["{{python}}", "{PROGRAM}"]
serve = ["{{python}}", "{PROGRAM}", "serve"]
"""
BUCKET = "drill"
MODELS = ("left", "right")
LIVE, QUEUED = "live", "queued"
PIPELINE = "chain"
GROUP = "packages"
TABLE = "records"
SETTLE_SECONDS = 120.0


def resources() -> dict[str, Any]:
    return {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}


def set_up(cloud: RunningCloud, clients: Clients) -> str:
    """Answers the ARN of the role that everything runs as."""
    (cloud.settings.state_dir / "images.toml").write_text(IMAGES)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = cloud.role("drill", [everything], trusts=["sagemaker.amazonaws.com"])
    clients["s3"].create_bucket(Bucket=BUCKET)
    for line in range(3):
        clients["s3"].put_object(Bucket=BUCKET, Key=f"lines/{line}.txt", Body=b"one\ntwo\n")
    sagemaker = clients["sagemaker"]
    for name in MODELS:
        _model(clients, name, role)
    _endpoints(sagemaker)
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    sagemaker.create_pipeline(
        PipelineName=PIPELINE, RoleArn=role, PipelineDefinition=json.dumps(_definition(role))
    )
    clients["sqs"].create_queue(QueueName=QUEUE)
    clients["dynamodb"].create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for name in (LIVE, QUEUED):
        await_endpoint(clients, name)
    return role


def await_endpoint(clients: Clients, name: str) -> dict[str, Any]:
    """The endpoint's description once nothing about it changes. Raises AssertionError where it
    does not come to that."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found: dict[str, Any] = clients["sagemaker"].describe_endpoint(EndpointName=name)
        if found["EndpointStatus"] in ("InService", "Failed"):
            return found
        assert time.monotonic() < deadline, f"endpoint {name} stays {found['EndpointStatus']}"
        time.sleep(0.1)


def _model(clients: Clients, name: str, role: str) -> None:
    key, buffer = f"models/{name}.tar.gz", io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("name")
        member.size = len(name)
        archive.addfile(member, io.BytesIO(name.encode()))
    clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{key}"}
    clients["sagemaker"].create_model(
        ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role
    )


def _endpoints(sagemaker: Any) -> None:
    for name in MODELS:
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[_variant(name)]
        )
    output = {"S3OutputPath": f"s3://{BUCKET}/answers"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=QUEUED,
        ProductionVariants=[_variant(MODELS[0])],
        AsyncInferenceConfig={"OutputConfig": output},
    )
    sagemaker.create_endpoint(EndpointName=LIVE, EndpointConfigName=MODELS[0])
    sagemaker.create_endpoint(EndpointName=QUEUED, EndpointConfigName=QUEUED)


def _variant(model: str) -> dict[str, Any]:
    return {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }


def _definition(role: str) -> dict[str, Any]:
    """Two steps, the second of which needs the first."""
    prepare = {
        "Name": "Prepare",
        "Type": "Processing",
        "Arguments": processing_request(role, "Prepare", 0.5, f"s3://{BUCKET}/prepared"),
    }
    train = {
        "Name": "Train",
        "Type": "Training",
        "DependsOn": ["Prepare"],
        "Arguments": training_request(role, seconds=0.5, size=100_000),
    }
    return {"Version": "2020-12-01", "Parameters": [], "Steps": [prepare, train]}


def training_request(role: str, *, seconds: float, size: int) -> dict[str, Any]:
    """CreateTrainingJob without a name."""
    return {
        "RoleArn": role,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "score", "Regex": "score=(.*?);"}],
        },
        "HyperParameters": {"seconds": str(seconds), "bytes": str(size)},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/trained"},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints"},
        "ResourceConfig": resources(),
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def processing_request(role: str, name: str, seconds: float, target: str) -> dict[str, Any]:
    """CreateProcessingJob without a name; ``name`` is of what the content is made."""
    output = {
        "S3Uri": target,
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    return {
        "RoleArn": role,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python", str(PROGRAM), "process"],
            "ContainerArguments": [name, str(seconds)],
        },
        "ProcessingResources": {"ClusterConfig": resources()},
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
    }
