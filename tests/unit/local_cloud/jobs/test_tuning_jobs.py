"""Tuning jobs whose training jobs are real processes."""

from __future__ import annotations

from typing import Any

from tests.unit.local_cloud.jobs.conftest import BUCKET, PLAIN, Jobs

# It emits its hyperparameter as the objective, epoch by epoch, until it is stopped.
PROGRAM = """
rate=$(sed -n 's/.*"rate": *"\\([0-9.]*\\)".*/\\1/p' /opt/ml/input/config/hyperparameters.json)
while true; do echo "score=$rate"; sleep 0.1; done
"""
RATES = {"CategoricalParameterRanges": [{"Name": "rate", "Values": ["0.2", "0.5", "0.9"]}]}


def definition(jobs: Jobs, name: str) -> dict[str, Any]:
    anywhere = PROGRAM.replace("/opt/ml", "${SAGEMAKER_BASE_DIR:-/opt/ml}")
    jobs.put("tuned/code/program.sh", anywhere)
    request = jobs.request("unused", PLAIN, f"s3://{BUCKET}/tuned/code/", "code")
    del request["TrainingJobName"]
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "score", "Regex": "score=([0-9.]+)"}
    ]
    return {
        **request,
        "DefinitionName": name,
        "TuningObjective": {"Type": "Maximize", "MetricName": "score"},
        "HyperParameterRanges": RATES,
        "StaticHyperParameters": {"algorithm": name},
    }


def test_hyperband_over_two_definitions_stops_training_jobs_that_would_never_end(
    jobs: Jobs,
) -> None:
    jobs.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="endless",
        HyperParameterTuningJobConfig={
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 3}},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "RandomSeed": 1,
        },
        TrainingJobDefinitions=[definition(jobs, "one"), definition(jobs, "two")],
    )
    done = jobs.await_tuning("endless")
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Stopped"] == 4
    assert done["ObjectiveStatusCounters"]["Succeeded"] == 4

    listed = jobs.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="endless", SortBy="FinalObjectiveMetricValue"
    )["TrainingJobSummaries"]
    best = done["BestTrainingJob"]
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in listed]
    assert values == sorted(values)
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == values[-1]
    assert sorted(one["TrainingJobDefinitionName"] for one in listed) == ["one"] * 2 + ["two"] * 2

    job = jobs.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert job["TuningJobArn"] == done["HyperParameterTuningJobArn"]
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["HyperParameters"] == {
        "algorithm": best["TrainingJobDefinitionName"],
        "rate": best["TunedHyperParameters"]["rate"],
        "_tuning_objective_metric": "score",
    }
