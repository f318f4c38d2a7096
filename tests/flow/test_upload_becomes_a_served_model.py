"""The whole chain on a small data set: upload, run, registry, approval, deployment, answer."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image
from sklearn.datasets import load_digits

from contracts import names
from demo.cloud import Cloud
from demo.predict import predict_samples
from demo.run_state import RunState
from tests.flow.chain import ENVIRONMENT, PICTURES_A_CLASS, WORKLOAD, read_json

pytestmark = pytest.mark.flow


def test_one_upload_of_many_files_starts_one_run(cloud: Cloud, run: RunState) -> None:
    pipeline = names.pipeline_name(ENVIRONMENT, WORKLOAD)
    summaries = cloud.client("sagemaker").list_pipeline_executions(PipelineName=pipeline)
    assert len(summaries["PipelineExecutionSummaries"]) == 1


def test_every_step_of_the_run_succeeds(run: RunState) -> None:
    states = {step.name: step.status for step in run.steps}
    assert set(states.values()) == {"Succeeded"}
    assert set(states) >= {"Prepare", "Tune", "RaiseEpochs", "Train", "Evaluate", "Gate"}


def test_the_tuner_really_tries_different_hyperparameters(run: RunState) -> None:
    tried = {tuple(sorted(trial.hyperparameters.items())) for trial in run.trials}
    assert len(tried) == len(run.trials) > 1
    assert all(trial.objective is not None for trial in run.trials)


def test_the_manifest_holds_every_uploaded_file_by_version(
    cloud: Cloud, package: dict[str, Any]
) -> None:
    manifest = read_json(cloud, package["CustomerMetadataProperties"]["dataset_manifest"])
    assert len(manifest["objects"]) == 10 * PICTURES_A_CLASS + 2
    assert all(item["version_id"] for item in manifest["objects"])
    assert any("é" in item["key"] for item in manifest["objects"])


def test_bad_files_go_to_quarantine_with_a_reason_each(
    cloud: Cloud, outputs: dict[str, str], package: dict[str, Any]
) -> None:
    version = package["CustomerMetadataProperties"]["dataset_version"]
    bucket = outputs["DataBucketName"]
    prefix = f"quarantine/{WORKLOAD}/{version}/"
    answer = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    kept = {item["Key"].removeprefix(prefix) for item in answer["Contents"]}
    assert {"3/broken.png", "4/table.csv"} < kept
    reasons = read_json(cloud, f"s3://{bucket}/{prefix}quarantine.json")
    assert "broken.png" in json.dumps(reasons)
    assert "table.csv" in json.dumps(reasons)


def test_an_approval_puts_the_model_behind_an_endpoint(cloud: Cloud, live: dict[str, Any]) -> None:
    predictions = predict_samples(
        cloud.client("s3"),
        cloud.client("sagemaker-runtime"),
        endpoint=names.endpoint_name(ENVIRONMENT, WORKLOAD),
        samples_uri=live["CustomerMetadataProperties"]["samples"],
    )
    right = sum(item.predicted == item.label for item in predictions)
    assert right >= 0.8 * len(predictions)


@pytest.mark.parametrize(
    "content_type", ["application/x-image", "application/json", "application/x-npy"]
)
def test_the_endpoint_takes_each_content_type(
    cloud: Cloud, live: dict[str, Any], content_type: str
) -> None:
    import numpy

    digits = load_digits()
    grey = Image.fromarray((digits.images[0] * 15.9).astype("uint8"))
    pixels = numpy.asarray(grey.resize((32, 32)).convert("RGB"))
    image, array = io.BytesIO(), io.BytesIO()
    Image.fromarray(pixels).save(image, "PNG")
    numpy.save(array, pixels[None].astype("float32"))
    body = {
        "application/x-image": image.getvalue(),
        "application/json": json.dumps({"instances": [pixels.tolist()]}).encode(),
        "application/x-npy": array.getvalue(),
    }[content_type]
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=names.endpoint_name(ENVIRONMENT, WORKLOAD),
        ContentType=content_type,
        Body=body,
    )
    (prediction,) = json.loads(answer["Body"].read())["predictions"]
    assert prediction["label"] == "0"
