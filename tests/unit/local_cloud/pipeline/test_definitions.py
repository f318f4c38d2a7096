"""What CreatePipeline accepts and refuses, and what is told about pipelines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.pipeline import graph
from local_cloud.sagemaker.pipeline.checks import validated
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import (
    ROLE,
    condition,
    definition,
    fail,
    function,
    get,
    join,
    parameter,
    processing,
    register,
    training,
    tuning,
)


def without(step: dict[str, Any], member: str) -> dict[str, Any]:
    arguments = {key: value for key, value in step["Arguments"].items() if key != member}
    return {**step, "Arguments": arguments}


def step(**members: Any) -> str:
    return definition([{**processing("A"), **members}])


WRONG = {
    "parameters that are no list": (definition([processing("A")], Parameters=3), "Parameters:"),
    "a parameter's name that is a list": (
        definition([processing("A")], Parameters=[{"Name": ["a"], "Type": "String"}]),
        "Name is missing or no string",
    ),
    "an experiment that is a number": (
        definition([processing("A")], PipelineExperimentConfig=3),
        "PipelineExperimentConfig: Expecting",
    ),
    "a dependency that is no list": (step(DependsOn="A"), "DependsOn: Expecting a Json Array"),
    "a property file that is a number": (step(PropertyFiles=[3]), "PropertyFiles[0]: Expecting"),
    "outputs that are a number": (
        definition([{**function("A", {}, []), "OutputParameters": 3}]),
        "OutputParameters: Expecting",
    ),
    "a retry policy for a number": (step(RetryPolicies=[{"ExceptionType": 3}]), "ExceptionType"),
    "a join of a number": (definition([fail("A", {"Std:Join": 3})]), "Std:Join needs"),
    "a get of a number": (definition([fail("A", {"Get": 3})]), "Get needs a path"),
    "a property file that no path names": (
        definition([fail("A", {"Std:JsonGet": {"PropertyFile": 3, "Path": "a"}})]),
        "Std:JsonGet needs",
    ),
    "a choice that is no list": (
        definition(
            [
                {
                    "Name": "A",
                    "Type": "Condition",
                    "Arguments": {"Conditions": [{"Type": "Or", "Conditions": 3}]},
                }
            ]
        ),
        "Conditions of condition 'Or' must be a list",
    ),
    "a condition's type that is a list": (
        definition(
            [{"Name": "A", "Type": "Condition", "Arguments": {"Conditions": [{"Type": ["Or"]}]}}]
        ),
        "is not one of",
    ),
    "no JSON": ("{", "Invalid JSON"),
    "a list": ("[]", "Expecting start of Json Object"),
    "an old version": (json.dumps({"Version": "2019", "Steps": []}), "'2020-12-01'"),
    "no steps": (definition([]), "at least one step"),
    "a name twice": (definition([processing("A"), processing("A")]), "'A' is not unique"),
    "a name twice over branches": (
        definition([condition("G", 1, 1, [processing("A")], [processing("A")])]),
        "'A' is not unique",
    ),
    "an unknown type": (definition([{"Name": "A", "Type": "Magic"}]), "'Magic' is not a step type"),
    "an unsupported type": (
        definition([{"Name": "A", "Type": "EMR"}]),
        "'EMR' is not supported by the local cloud",
    ),
    "an unknown parameter": (
        definition([processing("A", [get("Parameters.Missing")])]),
        "'Parameters.Missing' refers to an unknown parameter",
    ),
    "an unknown step": (
        definition([processing("A", [join("", get("Steps.Missing.X"))])]),
        "'Steps.Missing.X' refers to an unknown step",
    ),
    "an unknown dependency": (
        definition([processing("A", DependsOn=["Missing"])]),
        "unknown step 'Missing'",
    ),
    "an unknown property": (
        definition([training("T", {}), processing("A", [get("Steps.T.ModelArtifacts.Url")])]),
        "Invalid property reference 'Steps.T.ModelArtifacts.Url'",
    ),
    "an undeclared output": (
        definition(
            [function("F", {}, ["a"]), processing("A", [get("Steps.F.OutputParameters['b']")])]
        ),
        "Invalid property reference",
    ),
    "an unknown property file": (
        definition(
            [
                processing("A"),
                fail(
                    "F",
                    {
                        "Std:JsonGet": {
                            "PropertyFile": get("Steps.A.PropertyFiles.Report"),
                            "Path": "x",
                        }
                    },
                ),
            ]
        ),
        "Invalid property reference 'Steps.A.PropertyFiles.Report'",
    ),
    "a property file in an unknown output": (
        definition(
            [
                processing(
                    "A",
                    PropertyFiles=[
                        {"PropertyFileName": "R", "OutputName": "reprot", "FilePath": "e.json"}
                    ],
                )
            ]
        ),
        "unknown output 'reprot'",
    ),
    "an unknown execution variable": (
        definition([fail("F", get("Execution.Id"))]),
        "not an execution variable",
    ),
    "a ring": (
        definition([processing("A", DependsOn=["B"]), processing("B", DependsOn=["A"])]),
        "depend on each other in a cycle",
    ),
    "a condition that waits for its own branch": (
        definition([condition("G", 1, 1, [processing("A")], []) | {"DependsOn": ["A"]}]),
        "depend on each other in a cycle",
    ),
    "an unknown argument": (
        definition([{**tuning("T"), "Arguments": {**tuning("T")["Arguments"], "Typo": 1}}]),
        "Unknown Argument member 'Typo'",
    ),
    "a missing argument": (
        definition([without(training("T", {}), "OutputDataConfig")]),
        "Missing required Argument member 'OutputDataConfig'",
    ),
    "an object where a list belongs": (
        definition(
            [
                {
                    **training("T", {}),
                    "Arguments": {**training("T", {})["Arguments"], "InputDataConfig": {}},
                }
            ]
        ),
        "Expecting start of Json Array",
    ),
    "a wrong enum value": (
        definition(
            [
                training("T", {})
                | {
                    "Arguments": {
                        **training("T", {})["Arguments"],
                        "AlgorithmSpecification": {"TrainingInputMode": "Fast"},
                    }
                }
            ]
        ),
        "Value 'Fast' for 'TrainingInputMode' failed to satisfy enum value set",
    ),
    "a package name in a register step": (
        definition([register("R", "s3://a/b") | {"Arguments": {"ModelPackageName": "x"}}]),
        "Unknown Argument member 'ModelPackageName'",
    ),
    "an unknown condition": (
        definition([condition("G", 1, 1, [], [], kind="Like")]),
        "condition type 'Like' is not one of",
    ),
    "a wrong default": (
        definition([processing("A")], Parameters=[parameter("P", "Integer", DefaultValue="x")]),
        "default 'x' is not of type Integer",
    ),
    "a default outside its values": (
        definition(
            [processing("A")], Parameters=[parameter("P", DefaultValue="x", EnumValues=["y"])]
        ),
        "not one of its EnumValues",
    ),
    "an unknown retry exception": (
        definition([processing("A", RetryPolicies=[{"ExceptionType": ["Boom"]}])]),
        "['Boom'] is not one of",
    ),
    "an odd cache duration": (
        definition([processing("A", CacheConfig={"Enabled": True, "ExpireAfter": "soon"})]),
        "'soon' is not an ISO 8601 duration",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_definition_is_refused_with_its_fault(case: str) -> None:
    text, fault = WRONG[case]
    with pytest.raises(ValidationException) as refused:
        validated(text)
    assert refused.value.message.startswith("Unable to parse pipeline definition. ")
    assert fault in refused.value.message


def test_all_faults_are_told_together() -> None:
    text = definition([processing("A", [get("Parameters.X")], DependsOn=["Y"])])
    with pytest.raises(ValidationException) as refused:
        validated(text)
    assert "Parameters.X" in refused.value.message
    assert "'Y'" in refused.value.message


def test_a_step_waits_for_its_references_its_dependencies_and_its_condition() -> None:
    steps = [
        processing("A"),
        processing("B"),
        condition("G", 1, 1, [fail("F", join(" ", get("Steps.A.ProcessingJobName")))], [])
        | {"DependsOn": ["B"]},
    ]
    parsed = validated(definition(steps))
    assert graph.dependencies(parsed.step("F")) == {"A", "G"}
    assert graph.dependencies(parsed.step("G")) == {"B"}


def test_properties_inside_named_outputs_and_lists_are_known() -> None:
    paths = [
        "Steps.A.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri",
        "Steps.A.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
        "Steps.T.BestTrainingJob.TrainingJobName",
        "Steps.T.TrainingJobSummaries[0].TrainingJobName",
    ]
    steps = [processing("A"), tuning("T"), processing("B", [get(path) for path in paths])]
    assert graph.dependencies(validated(definition(steps)).step("B")) == {"A", "T"}


def test_a_pipeline_is_described_updated_listed_and_deleted(cloud: Cloud) -> None:
    text = definition([processing("A")])
    arn = cloud.create(text, name="Digits-1", PipelineDescription="first")
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:pipeline/digits-1"
    described = cloud.call("DescribePipeline", PipelineName=arn)
    assert described["PipelineName"] == "Digits-1"
    assert described["PipelineDefinition"] == text
    changed = definition([processing("B")])
    updated = cloud.call(
        "UpdatePipeline",
        PipelineName="Digits-1",
        PipelineDefinition=changed,
        PipelineDescription="second",
    )
    assert updated["PipelineVersionId"] == 2
    described = cloud.call("DescribePipeline", PipelineName="Digits-1")
    assert described["PipelineDefinition"] == changed
    assert described["PipelineDescription"] == "second"
    old = cloud.call("DescribePipeline", PipelineName="Digits-1", PipelineVersionId=1)
    assert old["PipelineDefinition"] == text
    versions = cloud.call("ListPipelineVersions", PipelineName="Digits-1")
    assert [v["PipelineVersionId"] for v in versions["PipelineVersionSummaries"]] == [2, 1]
    listed = cloud.call("ListPipelines", PipelineNamePrefix="Digits")
    assert [summary["PipelineArn"] for summary in listed["PipelineSummaries"]] == [arn]
    cloud.call("DeletePipeline", PipelineName="Digits-1", ClientRequestToken="d".ljust(32))
    with pytest.raises(ResourceNotFound, match=f"Pipeline '{arn}' does not exist"):
        cloud.call("DescribePipeline", PipelineName="Digits-1")


def test_a_name_is_taken_once_but_the_same_request_twice_is_one(cloud: Cloud) -> None:
    text = definition([processing("A")])
    assert cloud.create(text) == cloud.create(text)
    with pytest.raises(ConflictException, match="another definition"):
        cloud.create(definition([processing("B")]))
    with pytest.raises(ValidationException, match=r"Pipeline with name \(digits\) already exists"):
        cloud.call(
            "CreatePipeline",
            PipelineName="digits",
            PipelineDefinition=text,
            RoleArn=ROLE,
            ClientRequestToken="another".ljust(32),
        )


def test_a_definition_may_lie_in_s3(cloud: Cloud) -> None:
    text = definition([processing("A")])
    cloud.aws.objects["assets", "pipeline.json"] = text.encode()
    request = {
        "PipelineName": "digits",
        "RoleArn": ROLE,
        "ClientRequestToken": "x".ljust(32),
    }
    missing = {"Bucket": "assets", "ObjectKey": "other.json"}
    with pytest.raises(ValidationException, match=r"s3://assets/other\.json"):
        cloud.call("CreatePipeline", **request, PipelineDefinitionS3Location=missing)
    with pytest.raises(ValidationException, match="Either Pipeline Definition or"):
        cloud.call("CreatePipeline", **request)
    location = {"Bucket": "assets", "ObjectKey": "pipeline.json"}
    cloud.call("CreatePipeline", **request, PipelineDefinitionS3Location=location)
    described = cloud.call("DescribePipeline", PipelineName="digits")
    assert described["PipelineDefinition"] == text


def test_a_pipeline_is_not_deleted_while_it_runs_and_takes_its_executions_along(
    cloud: Cloud,
) -> None:
    cloud.aws.behaviour = {"A": ["hold"]}
    cloud.create(definition([processing("A")]))
    arn = cloud.start()
    cloud.until(lambda: cloud.statuses(arn) == {"A": "Executing"})
    delete = {"PipelineName": "digits", "ClientRequestToken": "d".ljust(32)}
    with pytest.raises(ConflictException, match="running executions"):
        cloud.call("DeletePipeline", **delete)
    cloud.aws.finish("A")
    cloud.wait(arn)
    cloud.call("DeletePipeline", **delete)
    with pytest.raises(ResourceNotFound):
        cloud.describe(arn)
