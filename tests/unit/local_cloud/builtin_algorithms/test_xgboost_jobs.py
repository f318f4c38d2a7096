"""The built-in XGBoost from CSV to an endpoint, on a real local cloud."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError

from tests.unit.local_cloud.builtin_algorithms.conftest import (
    BUCKET,
    MULTICLASS,
    XGBOOST,
    Iris,
    Tables,
    awaited,
    to_csv,
)


@pytest.fixture(scope="session")
def trained(tables: Tables) -> dict[str, Any]:
    """A training job's description at its end."""
    given = {**MULTICLASS, "num_round": "20", "max_depth": "3", "seed": "1"}
    given["eval_metric"] = "accuracy,mlogloss"
    return tables.train("xgboost-iris", given, tables.definition("csv", "train", "validation"))


def _model(tables: Tables, description: dict[str, Any]) -> dict[str, bytes]:
    key = description["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{BUCKET}/")
    packed = tables.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        members = {one.name: tar.extractfile(one) for one in tar.getmembers()}
        return {name: file.read() for name, file in members.items() if file}


def test_a_job_writes_the_model_in_xgboosts_own_format(
    tables: Tables, trained: dict[str, Any], iris: Iris
) -> None:
    assert trained["TrainingJobStatus"] == "Completed", trained.get("FailureReason")
    files = _model(tables, trained)
    assert list(files) == ["xgboost-model"]
    booster = xgboost.Booster()
    booster.load_model(bytearray(files["xgboost-model"]))
    found = booster.predict(xgboost.DMatrix(iris.test[:, 1:]))
    assert np.mean(found == iris.test[:, 0]) >= 0.93


def test_metrics_come_without_definitions_in_the_request(trained: dict[str, Any]) -> None:
    final = {one["MetricName"]: one["Value"] for one in trained["FinalMetricDataList"]}
    # A description has 40 definitions at most; that of train:accuracy is none of them.
    assert final.keys() == {"train:mlogloss", "validation:accuracy", "validation:mlogloss"}
    assert final["validation:accuracy"] >= 0.9
    assert final["train:mlogloss"] < 0.2
    described = trained["AlgorithmSpecification"]["MetricDefinitions"]
    assert {"validation:auc", "train:rmse"} <= {one["Name"] for one in described}


def test_the_log_has_a_line_a_round_as_on_aws(tables: Tables, trained: dict[str, Any]) -> None:
    lines = [line for line in tables.log("xgboost-iris").splitlines() if line.startswith("[")]
    rounds = [line for line in lines if "#011" in line]
    assert len(rounds) == 20
    assert rounds[0].startswith("[0]#011train-mlogloss:")
    assert "#011validation-accuracy:" in rounds[0]
    assert any("Train matrix has 90 rows and 4 columns" in line for line in lines)


def test_an_endpoint_answers_csv(tables: Tables, trained: dict[str, Any], iris: Iris) -> None:
    name = "xgboost-iris"
    container = {
        "Image": XGBOOST,
        "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"],
    }
    sagemaker = tables.sagemaker
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=tables.role)
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large"}
    variant["InitialInstanceCount"] = 1  # type: ignore[assignment]
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    ended = awaited(
        lambda: sagemaker.describe_endpoint(EndpointName=name),
        "EndpointStatus",
        "InService",
        "Failed",
    )
    assert ended["EndpointStatus"] == "InService", ended.get("FailureReason")
    body = to_csv(iris.test[:, 1:])
    runtime = tables.cloud.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=body)
    found = [float(value) for value in answer["Body"].read().decode().split(",")]
    assert np.mean(np.array(found) == iris.test[:, 0]) >= 0.93
    sagemaker.delete_endpoint(EndpointName=name)


def _tune(tables: Tables, name: str, metric: str, kind: str, **changes: Any) -> None:
    tables.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"MetricName": metric, "Type": kind},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}],
                "ContinuousParameterRanges": [
                    {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}
                ],
            },
        },
        TrainingJobDefinition={
            "StaticHyperParameters": {**MULTICLASS, "num_round": "5"},
            **tables.definition("csv", "train", "validation"),
            **changes,
        },
    )


def test_a_tuning_job_needs_no_metric_definitions(tables: Tables) -> None:
    _tune(tables, "xgboost-tuned", "validation:accuracy", "Maximize")
    ended = awaited(
        lambda: tables.sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="xgboost-tuned"
        ),
        "HyperParameterTuningJobStatus",
    )
    assert ended["HyperParameterTuningJobStatus"] == "Completed", ended
    assert ended["ObjectiveStatusCounters"]["Succeeded"] == 3
    best = ended["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert best["MetricName"] == "validation:accuracy"
    assert best["Value"] >= 0.9


@pytest.mark.parametrize(
    ("metric", "kind", "words"),
    [
        ("validation:bleu", "Maximize", r"\[validation:bleu\], isn't valid for the \[.*xgboost"),
        ("validation:rmse", "Maximize", r"objective metric type, \[Maximize\]"),
    ],
)
def test_an_objective_that_the_algorithm_has_not_is_refused(
    tables: Tables, metric: str, kind: str, words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        _tune(tables, "xgboost-refused", metric, kind)


def test_own_metric_definitions_are_refused_as_on_aws(tables: Tables) -> None:
    algorithm = {
        "TrainingImage": XGBOOST,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "mine", "Regex": "(.*)"}],
    }
    words = "You can't override the metric definitions for Amazon SageMaker algorithms"
    with pytest.raises(ClientError, match=words):
        tables.train(
            "xgboost-own",
            {"num_round": "1"},
            tables.definition("csv", "train", AlgorithmSpecification=algorithm),
        )
    with pytest.raises(ClientError, match=words):
        _tune(tables, "xgboost-own", "mine", "Maximize", AlgorithmSpecification=algorithm)


def test_all_faults_are_in_the_failure_reason(tables: Tables) -> None:
    given = {"eta": "3", "max_deep": "2", "objective": "multi:softmax"}
    definition = tables.definition("csv", "validation", content_type="text/plain")
    ended = tables.train("xgboost-faulty", given, definition)
    assert ended["TrainingJobStatus"] == "Failed"
    for fault in (
        "AlgorithmError: framework error:",
        "Hyperparameter eta: 3.0 is not in [0, 1]",
        "Extraneous hyperparameter found: max_deep",
        "Missing required hyperparameter: num_round",
        "Require input for parameter 'num_class' for multi-classification",
        "Missing required channel: train",
        "text/plain is not an accepted ContentType: csv, libsvm,",
    ):
        assert fault in ended["FailureReason"]


def test_libsvm_trains_and_a_checkpoint_is_taken_up(tables: Tables) -> None:
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints"}
    definition = tables.definition(
        "libsvm",
        "train",
        "validation",
        content_type="text/libsvm",
        CheckpointConfig=checkpoints,
    )
    first = tables.train("xgboost-first", {**MULTICLASS, "num_round": "3"}, definition)
    assert first["TrainingJobStatus"] == "Completed", first.get("FailureReason")
    second = tables.train("xgboost-second", {**MULTICLASS, "num_round": "5"}, definition)
    assert second["TrainingJobStatus"] == "Completed", second.get("FailureReason")
    log = tables.log("xgboost-second")
    assert "Resuming from iteration 3" in log
    assert "[1]#011train-mlogloss:" in log
    assert "[2]#011train-mlogloss:" not in log
    booster = xgboost.Booster()
    booster.load_model(bytearray(_model(tables, second)["xgboost-model"]))
    assert booster.num_boosted_rounds() == 5
