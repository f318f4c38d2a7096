"""What `python -m local_cloud status` shows."""

from __future__ import annotations

import time
from pathlib import Path

from local_cloud.overview import age, overview
from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings


def test_each_kind_is_counted_and_its_newest_are_named(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    store = Store(settings.database)
    for number in range(12):
        status = "InProgress" if number == 11 else "Completed"
        name = f"job-{number}"
        document = {
            "TrainingJobName": name,
            "TrainingJobStatus": status,
            "CreationTime": time.time() - 60 * (12 - number),
        }
        store.create("training-job", name, document)
    execution = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/abc"
    store.create(
        "pipeline-execution",
        execution,
        {
            "PipelineExecutionArn": execution,
            "PipelineExecutionStatus": "Executing",
            "CreationTime": time.time(),
        },
    )
    store.close()

    lines = overview(settings)

    assert lines[0] == "  training jobs: 11 Completed, 1 InProgress"
    assert lines[1] == "    InProgress  job-11  1 min ago"
    assert lines[11:13] == ["    and 2 older", "  pipeline executions: 1 Executing"]
    assert lines[13].startswith("    Executing  churn/execution/abc  ")


def test_an_age_is_told_in_its_largest_unit() -> None:
    now = 1_000_000.0
    ages = [age(now, now - seconds) for seconds in (5, 119, 7200, 200_000)]
    assert ages == ["5 s ago", "1 min ago", "2 h ago", "2 d ago"]
