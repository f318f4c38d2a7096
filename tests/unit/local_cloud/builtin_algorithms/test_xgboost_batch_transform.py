"""A pipeline trains the built-in XGBoost, makes its model and transforms a table with it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.unit.local_cloud.builtin_algorithms.conftest import (
    BUCKET,
    XGBOOST,
    Iris,
    Tables,
    awaited,
    to_csv,
)

ROUNDS = {"num_round": "10"}


def pipeline(tables: Tables, name: str, hyperparameters: dict[str, str], test: str) -> str:
    artifacts = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{test}/"}
    steps: list[dict[str, Any]] = [
        {
            "Name": "Train",
            "Type": "Training",
            "Arguments": {
                **tables.definition(f"{name}/csv", "train"),
                "HyperParameters": {**ROUNDS, **hyperparameters},
            },
        },
        {
            "Name": "CreateModel",
            "Type": "Model",
            "Arguments": {
                "PrimaryContainer": {"Image": XGBOOST, "ModelDataUrl": artifacts},
                "ExecutionRoleArn": tables.role,
            },
        },
        {
            "Name": "BatchTransform",
            "Type": "Transform",
            "Arguments": {
                "ModelName": {"Get": "Steps.CreateModel.ModelName"},
                "TransformInput": {
                    "DataSource": {"S3DataSource": source},
                    "ContentType": "text/csv",
                    "SplitType": "Line",
                },
                "TransformOutput": {
                    "S3OutputPath": f"s3://{BUCKET}/{name}/transform",
                    "Accept": "text/csv",
                    "AssembleWith": "Line",
                },
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input"},
            },
        },
    ]
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})


def transformed(
    tables: Tables, name: str, hyperparameters: dict[str, str], iris: Iris, labels: list[int]
) -> list[tuple[int, list[float]]]:
    """Of each flower of these labels that is held out: its label and what the model says."""

    def chosen(table: np.ndarray[Any, Any]) -> str:
        return to_csv(table[np.isin(table[:, 0], labels)])

    tables.put(f"{name}/csv/train/part-0.csv", chosen(iris.train))
    tables.put(f"{name}/test/part-0.csv", chosen(iris.test))
    pass_role = {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": [tables.role]}
    work = {"Effect": "Allow", "Action": ["sagemaker:*"], "Resource": ["*"]}
    role = tables.cloud.role(name, [work, pass_role], trusts=["sagemaker.amazonaws.com"])
    text = pipeline(tables, name, hyperparameters, f"{name}/test")
    tables.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=role)
    arn = tables.sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    ended = awaited(
        lambda: tables.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
        "PipelineExecutionStatus",
        "Succeeded",
        "Failed",
    )
    steps = tables.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    assert ended["PipelineExecutionStatus"] == "Succeeded", steps["PipelineExecutionSteps"]
    body = tables.s3.get_object(Bucket=BUCKET, Key=f"{name}/transform/part-0.csv.out")["Body"]
    return [_joined(line) for line in body.read().decode().splitlines()]


def _joined(line: str) -> tuple[int, list[float]]:
    """A line is the label, four features, and what the model says, which may be a list."""
    label, _, _, _, _, said = line.split(",", 5)
    text = said.strip('"')
    return int(float(label)), json.loads(text if text.startswith("[") else f"[{text}]")


def test_each_row_gets_its_classes_probabilities(tables: Tables, iris: Iris) -> None:
    softprob = {"objective": "multi:softprob", "num_class": "3"}
    rows = transformed(tables, "softprob", softprob, iris, [0, 1, 2])
    assert len(rows) == len(iris.test)
    assert all(sum(said) == pytest.approx(1, abs=1e-3) for _label, said in rows)
    assert np.mean([label == int(np.argmax(said)) for label, said in rows]) >= 0.9


def test_each_row_gets_the_probability_of_the_second_of_two_classes(
    tables: Tables, iris: Iris
) -> None:
    rows = transformed(tables, "logistic", {"objective": "binary:logistic"}, iris, [0, 1])
    assert all(len(said) == 1 for _label, said in rows)
    assert all((said[0] > 0.5) == bool(label) for label, said in rows)
