"""What AWS would refuse in a pipeline definition, now or in the middle of a run, is found here.

Each test spoils one place of the definition that is deployed, and expects the one fault.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from infra.checks.pipeline_definition import (
    PipelineDefinitionError,
    check_definition,
    definition_faults,
)
from infra.pipeline.__main__ import example_resources
from infra.pipeline.workload_pipeline import build_definition
from infra.settings import load_settings
from tests.unit.infra.conftest import ROOT

Definition = dict[str, Any]
Spoil = Callable[[Definition], None]


@cache
def shipped(environment: str) -> Definition:
    settings = load_settings(ROOT / "config", environment)
    workload = settings.workloads[0]
    return build_definition(
        workload=workload,
        environment=settings.environment,
        resources=example_resources(settings.environment, workload.name),
    )


@pytest.fixture
def definition() -> Definition:
    return copy.deepcopy(shipped("prod"))


def step(definition: Definition, name: str) -> dict[str, Any]:
    every = list(definition["Steps"])
    for each in every:
        arguments = each.get("Arguments", {})
        every += arguments.get("IfSteps", []) + arguments.get("ElseSteps", [])
    (found,) = [each for each in every if each["Name"] == name]
    result: dict[str, Any] = found
    return result


def faults(definition: Definition) -> list[str]:
    return [str(fault) for fault in definition_faults(definition)]


@pytest.mark.parametrize("environment", ["dev", "local", "prod", "staging"])
def test_each_shipped_definition_has_no_fault(environment: str) -> None:
    check_definition(shipped(environment))


def test_the_steps_are_those_of_the_design() -> None:
    steps = shipped("prod")["Steps"]
    assert [(each["Name"], each["Type"]) for each in steps] == [
        ("Prepare", "Processing"),
        ("Tune", "Tuning"),
        ("RaiseEpochs", "Lambda"),
        ("FindChampion", "Lambda"),
        ("Train", "Training"),
        ("CreateModel", "Model"),
        ("BatchTransform", "Transform"),
        ("DeleteModel", "Lambda"),
        ("Evaluate", "Processing"),
        ("Gate", "Condition"),
    ]
    gate = steps[-1]["Arguments"]
    assert [each["Type"] for each in gate["IfSteps"]] == ["RegisterModel"]
    assert [each["Type"] for each in gate["ElseSteps"]] == ["Fail"]


@pytest.mark.parametrize(
    ("environment", "status"), [("dev", "Approved"), ("prod", "PendingManualApproval")]
)
def test_a_model_is_registered_as_approved_where_the_environment_approves_itself(
    environment: str, status: str
) -> None:
    register = step(shipped(environment), "Gate")["Arguments"]["IfSteps"][0]
    assert register["Arguments"]["ModelApprovalStatus"] == status


def test_the_search_space_is_that_of_the_design() -> None:
    config = step(shipped("prod"), "Tune")["Arguments"]["HyperParameterTuningJobConfig"]
    ranges = config["ParameterRanges"]
    (rate,) = ranges["ContinuousParameterRanges"]
    assert (rate["Name"], float(rate["MinValue"]), float(rate["MaxValue"])) == (
        "learning-rate",
        1e-4,
        0.1,
    )
    assert rate["ScalingType"] == "Logarithmic"
    assert {each["Name"]: each["Values"] for each in ranges["CategoricalParameterRanges"]} == {
        "optimizer": ["sgd", "adam"],
        "batch-size": ["32", "128", "256"],
        "model-type": ["resnet", "custom"],
    }


def drop_role(definition: Definition) -> None:
    del step(definition, "Train")["Arguments"]["RoleArn"]


def misspell_member(definition: Definition) -> None:
    arguments = step(definition, "Train")["Arguments"]
    arguments["StopingCondition"] = arguments["StoppingCondition"]


def text_for_a_number(definition: Definition) -> None:
    step(definition, "Train")["Arguments"]["ResourceConfig"]["InstanceCount"] = "one"


def unknown_instance_type(definition: Definition) -> None:
    step(definition, "Train")["Arguments"]["ResourceConfig"]["InstanceType"] = "ml.g5.huge"


def too_many_instances_hours(definition: Definition) -> None:
    stopping = step(definition, "Train")["Arguments"]["StoppingCondition"]
    stopping["MaxRuntimeInSeconds"] = 0


def broken_role_arn(definition: Definition) -> None:
    step(definition, "Train")["Arguments"]["RoleArn"] = "not an arn at all, but long enough"


def name_a_job(definition: Definition) -> None:
    step(definition, "Train")["Arguments"]["TrainingJobName"] = "mine"


def get_of_a_missing_step(definition: Definition) -> None:
    channel = step(definition, "Train")["Arguments"]["InputDataConfig"][0]
    channel["DataSource"]["S3DataSource"]["S3Uri"] = {"Get": "Steps.Prepair.ProcessingJobName"}


def get_of_a_later_step(definition: Definition) -> None:
    step(definition, "Prepare")["Arguments"]["Environment"]["LATER"] = {
        "Get": "Steps.Train.TrainingJobName"
    }


def get_of_a_missing_output(definition: Definition) -> None:
    channel = step(definition, "Train")["Arguments"]["InputDataConfig"][0]
    channel["DataSource"]["S3DataSource"]["S3Uri"] = {
        "Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['trian'].S3Output.S3Uri"
    }


def get_of_a_missing_property(definition: Definition) -> None:
    step(definition, "Evaluate")["Arguments"]["Environment"]["MODEL"] = {
        "Get": "Steps.Train.ModelArtifacts.S3ModelArtefacts"
    }


def get_of_a_structure(definition: Definition) -> None:
    step(definition, "Evaluate")["Arguments"]["Environment"]["MODEL"] = {
        "Get": "Steps.Train.ModelArtifacts"
    }


def get_of_a_missing_parameter(definition: Definition) -> None:
    step(definition, "Prepare")["Arguments"]["Environment"]["X"] = {"Get": "Parameters.Datset"}


def get_of_a_missing_lambda_output(definition: Definition) -> None:
    step(definition, "Train")["Arguments"]["HyperParameters"]["epochs"] = {
        "Get": "Steps.RaiseEpochs.OutputParameters['epoch']"
    }


def unknown_execution_variable(definition: Definition) -> None:
    step(definition, "Prepare")["Arguments"]["Environment"]["X"] = {"Get": "Execution.Id"}


def unknown_property_file(definition: Definition) -> None:
    condition = step(definition, "Gate")["Arguments"]["Conditions"][0]
    condition["LeftValue"]["Std:JsonGet"]["PropertyFile"]["Get"] = (
        "Steps.Evaluate.PropertyFiles.Report"
    )


def property_file_of_a_missing_output(definition: Definition) -> None:
    step(definition, "Evaluate")["PropertyFiles"][0]["OutputName"] = "reports"


def unknown_step_in_depends_on(definition: Definition) -> None:
    step(definition, "Train")["DependsOn"] = ["Prepair"]


def unknown_type(definition: Definition) -> None:
    step(definition, "RaiseEpochs")["Type"] = "Lamda"


def unknown_condition(definition: Definition) -> None:
    step(definition, "Gate")["Arguments"]["Conditions"][0]["Type"] = "AtLeast"


def silent_failure(definition: Definition) -> None:
    step(definition, "Reject")["Arguments"]["ErrorMessage"] = ""


def variable_number_of_trials(definition: Definition) -> None:
    config = step(definition, "Tune")["Arguments"]["HyperParameterTuningJobConfig"]
    config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = {"Get": "Parameters.DatasetVersion"}


def objective_without_a_metric(definition: Definition) -> None:
    config = step(definition, "Tune")["Arguments"]["HyperParameterTuningJobConfig"]
    config["HyperParameterTuningJobObjective"]["MetricName"] = "val_acuracy"


def searched_and_static(definition: Definition) -> None:
    training = step(definition, "Tune")["Arguments"]["TrainingJobDefinition"]
    training["StaticHyperParameters"]["optimizer"] = "sgd"


def retry_of_the_wrong_failure(definition: Definition) -> None:
    step(definition, "Register")["RetryPolicies"][0]["ExceptionType"] = ["SageMaker.CAPACITY_ERROR"]


def parameter_declared_twice(definition: Definition) -> None:
    definition["Parameters"].append({"Name": "DatasetVersion", "Type": "String"})


def wrong_version(definition: Definition) -> None:
    definition["Version"] = "2026-01-01"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (drop_role, "step Train: Arguments.RoleArn: is missing"),
        (misspell_member, "step Train: Arguments.StopingCondition: is no member of"),
        (text_for_a_number, "step Train: Arguments.ResourceConfig.InstanceCount: is str 'one'"),
        (unknown_instance_type, "InstanceType: is 'ml.g5.huge', none of"),
        (too_many_instances_hours, "MaxRuntimeInSeconds: is 0, less than 1"),
        (broken_role_arn, "step Train: Arguments.RoleArn: is 'not an arn"),
        (name_a_job, "TrainingJobName: is given by the pipeline"),
        (get_of_a_missing_step, "refers to the step Prepair, which does not exist"),
        (get_of_a_later_step, "refers to the step Train, which does not come before"),
        (get_of_a_missing_output, "names 'trian', which the step does not declare; it has train"),
        (get_of_a_missing_property, "has no member S3ModelArtefacts in ModelArtifacts"),
        (get_of_a_structure, "ends at the structure ModelArtifacts"),
        (get_of_a_missing_parameter, "is not declared; there are DatasetManifest, DatasetVersion"),
        (get_of_a_missing_lambda_output, "is no output of the step; it has learning-rate"),
        (unknown_execution_variable, "{Get: Execution.Id} is none of"),
        (unknown_property_file, "is not declared in Evaluate, which has EvaluationReport"),
        (property_file_of_a_missing_output, "OutputName 'reports' is none of the outputs: report"),
        (unknown_step_in_depends_on, "step Train: DependsOn: 'Prepair' is no step"),
        (unknown_condition, "Type 'AtLeast' is none of"),
        (silent_failure, "step Reject: Arguments.ErrorMessage: is missing or empty"),
        (variable_number_of_trials, "MaxNumberOfTrainingJobs: must be a number known now"),
        (objective_without_a_metric, "MetricName 'val_acuracy' is none of the MetricDefinitions"),
        (searched_and_static, "StaticHyperParameters.optimizer: is searched as well"),
        (retry_of_the_wrong_failure, "not SageMaker.CAPACITY_ERROR"),
        (parameter_declared_twice, "'DatasetVersion' is declared twice"),
        (wrong_version, "Version: is not 2020-12-01"),
    ],
)
def test_a_fault_is_found(definition: Definition, spoil: Spoil, said: str) -> None:
    spoil(definition)
    (fault,) = faults(definition)
    assert said in fault


def test_an_unknown_type_of_step_is_found_with_all_that_it_breaks(definition: Definition) -> None:
    unknown_type(definition)
    first, *others = faults(definition)
    assert first.startswith("step RaiseEpochs: Type: is 'Lamda', none of Condition, Fail, Lambda")
    assert others
    assert all("refers to a Lamda step, which has no properties" in fault for fault in others)


def test_a_name_given_twice_is_found(definition: Definition) -> None:
    step(definition, "Evaluate")["Name"] = "Train"
    assert "step Train: Name: is the name of several steps" in faults(definition)


def test_what_a_branch_defines_is_not_seen_outside_of_it(definition: Definition) -> None:
    after = copy.deepcopy(step(definition, "Reject"))
    after["Name"] = "After"
    after["Arguments"]["ErrorMessage"] = {"Get": "Steps.Register.ModelPackageName"}
    definition["Steps"].append(after)
    (fault,) = faults(definition)
    assert "refers to the step Register, which does not come before this one" in fault


def test_all_faults_are_reported_together(definition: Definition) -> None:
    spoilt: list[Spoil] = [drop_role, get_of_a_missing_parameter, silent_failure]
    for spoil in spoilt:
        spoil(definition)
    with pytest.raises(PipelineDefinitionError) as caught:
        check_definition(definition)
    assert len(caught.value.faults) == len(spoilt)
    assert str(caught.value).startswith("3 faults in the pipeline definition:\n  step Prepare: ")


@cache
def every_workload() -> dict[str, Definition]:
    """The definition of each workload of the environment local, by name."""
    settings = load_settings(ROOT / "config", "local")
    return {
        workload.name: build_definition(
            workload=workload,
            environment=settings.environment,
            resources=example_resources(settings.environment, workload.name),
        )
        for workload in settings.workloads
    }


def test_each_workload_s_definition_has_no_fault() -> None:
    for definition in every_workload().values():
        check_definition(definition)


def test_an_image_of_one_s_own_is_the_only_difference_of_the_custom_container() -> None:
    plain, custom = (
        every_workload()[name] for name in ("cifar-tensorflow", "cifar-custom-container")
    )
    assert [each["Name"] for each in custom["Steps"] if each["Name"] != "DescribeImage"] == [
        each["Name"] for each in plain["Steps"]
    ]
    for name, place in (("Tune", "TrainingJobDefinition"), ("Train", None)):
        ours, theirs = (step(each, name)["Arguments"] for each in (custom, plain))
        if place:
            ours, theirs = ours[place], theirs[place]
        assert (
            ours["HyperParameters" if place is None else "StaticHyperParameters"][
                "sagemaker_program"
            ]
            == "cifar_tensorflow/train.py"
        )
        image = ours["AlgorithmSpecification"].pop("TrainingImage")
        assert "dkr.ecr.us-east-1.amazonaws.com/rookery-local-cifar-custom-container:" in image
        assert theirs["AlgorithmSpecification"].pop("TrainingImage") != image
        assert ours["AlgorithmSpecification"] == theirs["AlgorithmSpecification"]


def test_a_built_in_algorithm_gets_its_channels_as_csv_and_no_metric_definitions() -> None:
    train = step(every_workload()["iris-xgboost"], "Train")["Arguments"]
    assert "MetricDefinitions" not in train["AlgorithmSpecification"]
    assert {each["ChannelName"]: each["ContentType"] for each in train["InputDataConfig"]} == {
        "train": "text/csv",
        "validation": "text/csv",
    }
    assert not [name for name in train["HyperParameters"] if name.startswith("sagemaker_")]


def test_a_table_s_batch_transform_joins_each_prediction_to_its_row() -> None:
    transform = step(every_workload()["iris-xgboost"], "BatchTransform")["Arguments"]
    assert transform["DataProcessing"] == {"InputFilter": "$[1:]", "JoinSource": "Input"}
    assert transform["TransformInput"]["SplitType"] == "Line"


@pytest.mark.parametrize("workload", ["cifar-tensorflow", "churn-xgboost"])
def test_a_package_s_lineage_and_its_card_are_complete(workload: str) -> None:
    gate = step(every_workload()[workload], "Gate")["Arguments"]
    register = gate["IfSteps"][0]["Arguments"]
    metadata = register["CustomerMetadataProperties"]
    assert {
        "baseline",
        "dataset_manifest",
        "dataset_version",
        "evaluation_report",
        "inference_image",
        "samples",
        "source",
        "training_image",
        "training_job",
        "tuning_job",
    } <= set(metadata)
    assert any(name.startswith("hyperparameter/") for name in metadata)
    assert len(metadata) <= 50
    values = register["ModelCard"]["ModelCardContent"]["Std:Join"]["Values"]
    card = json.loads("".join(each if isinstance(each, str) else "0" for each in values))
    (evaluation,) = card["evaluation_details"]
    assert evaluation["metric_groups"][0]["metric_data"][0]["value"] == 0


def test_the_gate_compares_with_the_approved_model_where_it_is_told_to() -> None:
    settings = load_settings(ROOT / "config", "local")
    workload = settings.workloads[0]
    blind = workload.model_copy(
        update={"gate": workload.gate.model_copy(update={"compare": False})}
    )
    definition = build_definition(
        workload=blind,
        environment=settings.environment,
        resources=example_resources(settings.environment, workload.name),
    )
    assert "FindChampion" not in [each["Name"] for each in definition["Steps"]]
    assert len(step(definition, "Gate")["Arguments"]["Conditions"]) == 1
    compared = step(every_workload()[workload.name], "Gate")["Arguments"]["Conditions"]
    assert compared[1]["LeftValue"]["Std:JsonGet"]["Path"] == "comparison.shortfall"


def test_a_training_that_goes_on_from_the_champion_takes_its_rounds_from_there() -> None:
    settings = load_settings(ROOT / "config", "local")
    workload = next(each for each in settings.workloads if each.name == "churn-xgboost")
    training = workload.training.model_copy(update={"start_from": "champion"})
    definition = build_definition(
        workload=workload.model_copy(update={"training": training}),
        environment=settings.environment,
        resources=example_resources(settings.environment, workload.name),
    )
    check_definition(definition)
    train = step(definition, "Train")["Arguments"]
    champion = {"Get": "Steps.FindChampion.OutputParameters['num_round']"}
    assert train["HyperParameters"]["num_round"] == champion
    find = step(definition, "FindChampion")["Arguments"]
    assert find["checkpoints_uri"] == train["CheckpointConfig"]["S3Uri"]
