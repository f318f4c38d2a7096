"""A list of a tuning job's trials, for the evaluation's page and for whoever asks later."""

from __future__ import annotations

import json
from typing import Any

from lambdas.shared.s3_uris import bucket_and_key

SCHEMA_VERSION = 1
FILE_NAME = "trials.json"
_OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"


def write_trials(sagemaker: Any, s3: Any, *, tuning_job_name: str, prefix_uri: str) -> str:
    """Write `trials.json` under a prefix; the S3 URI of the prefix.

    The file holds the objective (metric and goal) and one entry a trial: the training job, its
    status, its objective (null where it has none) and what was tuned.

    Raises:
        ClientError: SageMaker or S3 refuses.
    """
    tuning = sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning_job_name
    )
    objective = tuning["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=tuning_job_name
    )
    trials = [
        {
            "training_job": summary["TrainingJobName"],
            "status": summary["TrainingJobStatus"],
            "objective": summary.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get(
                "Value"
            ),
            "hyperparameters": summary["TunedHyperParameters"],
        }
        for page in pages
        for summary in page["TrainingJobSummaries"]
    ]
    document = {
        "schema_version": SCHEMA_VERSION,
        "objective": {"metric": objective["MetricName"], "goal": objective["Type"]},
        "trials": sorted(trials, key=lambda trial: str(trial["training_job"])),
    }
    bucket, prefix = bucket_and_key(prefix_uri)
    s3.put_object(
        Bucket=bucket,
        Key=f"{prefix.rstrip('/')}/{FILE_NAME}",
        Body=json.dumps(document, indent=2).encode(),
        ContentType="application/json",
    )
    return prefix_uri
