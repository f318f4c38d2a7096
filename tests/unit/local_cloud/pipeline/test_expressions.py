"""Pipeline variables and conditions, on their own."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.sagemaker.pipeline import conditions, names, paths
from local_cloud.sagemaker.pipeline.errors import StepFailedError
from local_cloud.sagemaker.pipeline.expressions import Scope
from tests.unit.local_cloud.pipeline.definitions import get, join

PROPERTIES = {
    "ModelArtifacts": {"S3ModelArtifacts": "s3://a/model.tar.gz"},
    "Outputs": [{"OutputName": "train", "Uri": "s3://a/train"}, {"OutputName": "test"}],
    "OutputParameters": {"learning-rate": "0.01", "a.b": "dotted"},
}
FILES = {
    "s3://a/report/e.json": '{"metrics": {"accuracy": {"value": 0.97}}, "list": [{"x": 1}]}',
    "s3://a/broken.json": "not JSON",
}
SCOPE = Scope(
    parameters={"Text": "t", "Count": 3, "Rate": 0.5, "On": True},
    execution=lambda name: f"<{name}>",
    properties=lambda step: {"X": PROPERTIES}[step],
    property_file_uri=lambda step, file: f"s3://a/report/{file}.json",
    read_text=FILES.__getitem__,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (get("Parameters.Count"), 3),
        (get("Execution.PipelineExecutionId"), "<PipelineExecutionId>"),
        (get("Steps.X.ModelArtifacts.S3ModelArtifacts"), "s3://a/model.tar.gz"),
        (get("Steps.X.Outputs[0].Uri"), "s3://a/train"),
        (get("Steps.X.Outputs['train'].Uri"), "s3://a/train"),
        (get("Steps.X.OutputParameters['learning-rate']"), "0.01"),
        (get("Steps.X.OutputParameters['a.b']"), "dotted"),
        (join("/", "s3:/", get("Parameters.Text"), 1, True, 0.5), "s3://t/1/true/0.5"),
        (join("-", join("", "a", "b"), get("Parameters.On")), "ab-true"),
        (
            {"Std:JsonGet": {"PropertyFile": get("Steps.X.PropertyFiles.e"), "Path": "list[0].x"}},
            1,
        ),
        (
            {
                "Std:JsonGet": {
                    "S3Uri": join("/", "s3://a", "report/e.json"),
                    "Path": "metrics['accuracy'].value",
                }
            },
            0.97,
        ),
        ({"deep": [{"er": get("Parameters.Rate")}]}, {"deep": [{"er": 0.5}]}),
        ({"Get": "x", "And": "more"}, {"Get": "x", "And": "more"}),
    ],
)
def test_variables_take_their_values(value: Any, expected: Any) -> None:
    assert SCOPE.evaluate(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (get("Steps.X.Outputs['validation'].Uri"), "no item named 'validation'"),
        (get("Steps.X.Outputs[5].Uri"), "no item 5 in a list of 2"),
        (get("Steps.X.ModelArtifacts.Nothing"), "no 'Nothing' among"),
        (
            {"Std:JsonGet": {"PropertyFile": get("Steps.X.PropertyFiles.e"), "Path": "metrics.f1"}},
            "JsonGet from s3://a/report/e.json",
        ),
        ({"Std:JsonGet": {"S3Uri": "s3://a/broken.json", "Path": "x"}}, "is not JSON"),
    ],
)
def test_what_does_not_resolve_fails_the_step_and_says_what(value: Any, reason: str) -> None:
    with pytest.raises(StepFailedError) as failed:
        SCOPE.evaluate(value)
    assert reason in failed.value.reason


@pytest.mark.parametrize("path", ["", "a..b", "a[", "a['b]"])
def test_a_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(paths.PathError):
        paths.parse(path)


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (compare("Equals", get("Parameters.Text"), "t"), True),
        (compare("Equals", True, 1), False),
        (compare("Equals", 1, 1.0), True),
        (compare("GreaterThan", get("Parameters.Rate"), 0.5), False),
        (compare("GreaterThanOrEqualTo", get("Parameters.Rate"), 0.5), True),
        (compare("LessThan", 1, get("Parameters.Count")), True),
        (compare("LessThanOrEqualTo", "a", "b"), True),
        ({"Type": "In", "QueryValue": get("Parameters.Text"), "Values": ["s", "t"]}, True),
        ({"Type": "In", "QueryValue": 4, "Values": [get("Parameters.Count")]}, False),
        ({"Type": "Not", "Expression": compare("Equals", 1, 2)}, True),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 2, 2)]}, True),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2)]}, False),
    ],
)
def test_conditions_hold_or_not(condition: dict[str, Any], expected: bool) -> None:
    assert conditions.faults_of(condition, where="here") == []
    assert conditions.holds(condition, SCOPE.evaluate) is expected


def test_a_number_and_a_string_cannot_be_put_in_order() -> None:
    with pytest.raises(StepFailedError) as failed:
        conditions.holds(compare("GreaterThan", "0.97", 0.9), SCOPE.evaluate)
    assert "'0.97' (str) with 0.9 (float)" in failed.value.reason


@pytest.mark.parametrize(
    "step", ["Train", "S" * 64, "with_underscore", "ends-with-hyphen-at-12345678-"]
)
def test_names_fit_their_limits(step: str) -> None:
    execution = names.execution_id()
    resource = names.resource_name(execution, step)
    assert len(resource) <= 63
    assert resource.startswith(f"pipelines-{execution}-{step[:4].replace('_', '-')}")
    tuning = names.tuning_job_name(execution, step)
    assert len(tuning) <= 32
    assert not {"_"} & set(resource + tuning)
    assert "--" not in resource + tuning
