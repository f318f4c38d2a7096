"""A pipeline's own role makes a model and transforms a batch with it, on a real local cloud."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.local_cloud.endpoints.conftest import until
from tests.unit.local_cloud.transform.conftest import BUCKET, Transforms

GET_NAME = {"Get": "Steps.CreateModel.ModelName"}
ENDED = ("Succeeded", "Failed", "Stopped")


def definition(transforms: Transforms, name: str, source: dict[str, str], **request: Any) -> str:
    """Make a model and transform with it; members of ``request`` change the transform's."""
    container = {
        "Image": "registry.example/adding:1",
        "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
    }
    steps = [
        {
            "Name": "CreateModel",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": transforms.role},
        },
        {
            "Name": "BatchTransform",
            "Type": "Transform",
            "Arguments": {
                "ModelName": GET_NAME,
                "TransformInput": {
                    "DataSource": {"S3DataSource": source},
                    **request.pop("input", {}),
                },
                "TransformOutput": {
                    "S3OutputPath": f"s3://{BUCKET}/out/{name}",
                    **request.pop("output", {}),
                },
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                **request,
            },
        },
    ]
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})


def allowed(transforms: Transforms, *without: str) -> list[dict[str, Any]]:
    """What the two steps need, and no more; ``without`` leaves actions out."""

    def statement(actions: set[str], resource: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": sorted(actions - {*without}), "Resource": [resource]}

    models = {"sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags"}
    jobs = {
        "sagemaker:CreateTransformJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:StopTransformJob",
        "sagemaker:AddTags",
    }
    statements = [
        statement(models, "arn:aws:sagemaker:*:*:model/pipelines-*"),
        statement(jobs, "arn:aws:sagemaker:*:*:transform-job/pipelines-*"),
    ]
    if "iam:PassRole" not in without:
        statements.append(statement({"iam:PassRole"}, transforms.role))
    return statements


def run(transforms: Transforms, name: str, text: str, *without: str) -> dict[str, Any]:
    """Run the pipeline as a role of its own; answers the steps by name once it has ended."""
    sagemaker = transforms.sagemaker
    role = transforms.cloud.role(
        name, allowed(transforms, *without), trusts=["sagemaker.amazonaws.com"]
    )
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=role)
    execution = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]

    def over() -> bool:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        return described["PipelineExecutionStatus"] in ENDED

    until(over)
    listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
    return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


def prefix(uri: str) -> dict[str, str]:
    return {"S3DataType": "S3Prefix", "S3Uri": uri}


def test_rows_get_their_predictions_and_the_model_never_sees_the_labels(
    transforms: Transforms,
) -> None:
    transforms.put("in/piped/part-0.csv", "9,1,2\n8,3,4\n")
    text = definition(
        transforms,
        "piped",
        prefix(f"s3://{BUCKET}/in/piped/"),
        input={"ContentType": "text/csv", "SplitType": "Line"},
        output={"Accept": "text/csv", "AssembleWith": "Line"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input"},
    )
    steps = run(transforms, "piped", text)
    assert [steps[name]["StepStatus"] for name in ("CreateModel", "BatchTransform")] == [
        "Succeeded",
        "Succeeded",
    ], steps
    assert transforms.outputs("piped") == {"part-0.csv.out": "9,1,2,3\n8,3,4,7\n"}
    job = steps["BatchTransform"]["Metadata"]["TransformJob"]["Arn"].rsplit("/", 1)[-1]
    described = transforms.describe(job)
    made = steps["CreateModel"]["Metadata"]["Model"]["Arn"].rsplit("/", 1)[-1]
    assert described["ModelName"] == made


def test_whole_objects_of_a_manifest_leave_their_neighbours_out(transforms: Transforms) -> None:
    for name, content in (("00.bin", "1"), ("01.bin", "2"), ("samples.json", "refuse 415")):
        transforms.put(f"in/pictures/{name}", content)
    names: list[Any] = [{"prefix": f"s3://{BUCKET}/in/pictures/"}, "00.bin", "01.bin"]
    transforms.put("in/pictures.manifest", json.dumps(names))
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/in/pictures.manifest"}
    more = {"input": {"ContentType": "application/x-image"}}
    steps = run(transforms, "pictures", definition(transforms, "pictures", source, **more))
    assert steps["BatchTransform"]["StepStatus"] == "Succeeded", steps
    assert transforms.outputs("pictures") == {"00.bin.out": "1\n", "01.bin.out": "2\n"}
    # The prefix has the other object as well, which the model refuses.
    whole = prefix(f"s3://{BUCKET}/in/pictures/")
    steps = run(transforms, "folder", definition(transforms, "folder", whole, **more))
    assert steps["BatchTransform"]["StepStatus"] == "Failed"
    assert "in/pictures/samples.json" in steps["BatchTransform"]["FailureReason"]
    assert sorted(transforms.outputs("folder")) == ["00.bin.out", "01.bin.out"]


def test_each_action_of_the_two_steps_is_asked_of_the_pipelines_role(
    transforms: Transforms,
) -> None:
    transforms.put("in/denied/a", "1")
    source = prefix(f"s3://{BUCKET}/in/denied/")
    for number, (action, step) in enumerate(
        [
            ("sagemaker:CreateModel", "CreateModel"),
            ("iam:PassRole", "CreateModel"),
            ("sagemaker:CreateTransformJob", "BatchTransform"),
            ("sagemaker:DescribeTransformJob", "BatchTransform"),
        ]
    ):
        name = f"denied-{number}"
        steps = run(transforms, name, definition(transforms, name, source), action)
        assert steps[step]["StepStatus"] == "Failed", action
        assert action in steps[step]["FailureReason"]
