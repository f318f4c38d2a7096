from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.jobs.conftest import Jobs


def test_a_real_job_becomes_a_component_of_its_trial_and_is_deleted_from_under_it(
    jobs: Jobs,
) -> None:
    client = jobs.sagemaker
    client.create_experiment(ExperimentName="real")
    client.create_trial(TrialName="real-trial", ExperimentName="real")
    config = {"ExperimentName": "real", "TrialName": "real-trial"}
    jobs.train("tracked", "echo 'loss=0.25'", ExperimentConfig=config)
    (summary,) = client.list_trial_components(TrialName="real-trial")["TrialComponentSummaries"]
    assert summary["Status"]["PrimaryStatus"] == "Completed"
    assert summary["TrialComponentSource"]["SourceType"] == "SageMakerTrainingJob"
    client.delete_training_job(TrainingJobName="tracked")
    with pytest.raises(ClientError, match="not found"):
        client.describe_training_job(TrainingJobName="tracked")
    found = client.describe_trial_component(TrialComponentName=summary["TrialComponentName"])
    assert found["StartTime"] <= found["EndTime"]
    jobs.train("tracked", "true")
