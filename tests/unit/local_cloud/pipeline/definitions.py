"""Pieces of pipeline definitions for the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/pipeline"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:raise-epochs"


def definition(steps: list[dict[str, Any]], **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps, **more})


def processing(name: str, arguments: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "RoleArn": ROLE,
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 10,
                }
            },
            "AppSpecification": {"ImageUri": "image", "ContainerArguments": arguments or ["x"]},
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "report",
                        "S3Output": {
                            "S3Uri": "s3://artifacts/report",
                            "LocalPath": "/opt/ml/processing/output/report",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
        },
        **more,
    }


def training(name: str, hyperparameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Training",
        "Arguments": {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "HyperParameters": hyperparameters,
            "OutputDataConfig": {"S3OutputPath": "s3://artifacts/training"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
        **more,
    }


def tuning(name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "ResourceLimits": {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 2},
            }
        },
    }


def model(name: str, data: Any, **arguments: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Model",
        "Arguments": {
            "PrimaryContainer": {"Image": "image", "ModelDataUrl": data},
            "ExecutionRoleArn": ROLE,
            **arguments,
        },
    }


def transform(name: str, model_name: Any, **more: Any) -> dict[str, Any]:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://artifacts/test/"}}
    return {
        "Name": name,
        "Type": "Transform",
        "Arguments": {
            "ModelName": model_name,
            "TransformInput": {
                "DataSource": source,
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": join(
                    "/", "s3://artifacts", get("Execution.PipelineExecutionId"), "transform"
                ),
                "Accept": "text/csv",
                "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
            "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input"},
        },
        **more,
    }


def function(name: str, arguments: dict[str, Any], outputs: list[str]) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": FUNCTION,
        "Arguments": arguments,
        "OutputParameters": [{"OutputName": name, "OutputType": "String"} for name in outputs],
    }


def condition(
    name: str,
    left: Any,
    right: Any,
    if_steps: list[dict[str, Any]],
    else_steps: list[dict[str, Any]],
    kind: str = "GreaterThanOrEqualTo",
) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": kind, "LeftValue": left, "RightValue": right}],
            "IfSteps": if_steps,
            "ElseSteps": else_steps,
        },
    }


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def register(name: str, model: Any, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "digits",
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {
                "Containers": [{"Image": "image", "ModelDataUrl": model}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        },
        **more,
    }


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def join(on: str, *values: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": on, "Values": list(values)}}


def parameter(name: str, kind: str = "String", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, **more}
