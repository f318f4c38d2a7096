from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.experiments import experiments, trials
from tests.unit.local_cloud.pipeline.conftest import Cloud
from tests.unit.local_cloud.pipeline.definitions import definition, processing

DEFAULT = {
    "ExperimentName": {"Get": "Execution.PipelineName"},
    "TrialName": {"Get": "Execution.PipelineExecutionId"},
}
"""What AWS's SDK writes into each definition."""


def test_an_execution_makes_its_experiment_and_trial_and_puts_its_jobs_there(cloud: Cloud) -> None:
    text = definition([processing("A")], PipelineExperimentConfig=DEFAULT)
    arn = cloud.run(text)
    config = {"ExperimentName": "digits", "TrialName": arn.rsplit("/", 1)[-1]}
    assert cloud.describe(arn)["PipelineExperimentConfig"] == config
    (job,) = cloud.aws.called("create_processing_job")
    assert job["ExperimentConfig"] == config
    trial = trials.describe_trial(cloud.service, {"TrialName": config["TrialName"]})
    assert trial["ExperimentName"] == "digits"
    assert trial["Source"]["SourceArn"] == arn
    second = cloud.start("second")
    cloud.wait(second)
    (experiment,) = experiments.list_experiments(cloud.service, {})["ExperimentSummaries"]
    assert experiment["ExperimentName"] == "digits"
    assert len(trials.list_trials(cloud.service, {})["TrialSummaries"]) == 2


def test_a_definition_without_an_experiment_makes_none(cloud: Cloud) -> None:
    arn = cloud.run(definition([processing("A")], PipelineExperimentConfig=None))
    assert "PipelineExperimentConfig" not in cloud.describe(arn)
    assert experiments.list_experiments(cloud.service, {})["ExperimentSummaries"] == []
    (job,) = cloud.aws.called("create_processing_job")
    assert "ExperimentConfig" not in job


def test_names_come_from_parameters_and_wrong_ones_are_refused_at_the_start(cloud: Cloud) -> None:
    parameter: dict[str, Any] = {"Name": "E", "Type": "String", "DefaultValue": "birds"}
    text = definition(
        [processing("A")],
        Parameters=[parameter],
        PipelineExperimentConfig={"ExperimentName": {"Get": "Parameters.E"}},
    )
    arn = cloud.run(text)
    named = cloud.describe(arn)["PipelineExperimentConfig"]
    assert named == {"ExperimentName": "birds", "TrialName": arn.rsplit("/", 1)[-1]}
    with pytest.raises(ValidationException, match="ExperimentName 'not a name' must be"):
        cloud.start("second", parameters={"E": "not a name"})
