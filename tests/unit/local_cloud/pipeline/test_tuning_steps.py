from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.steps import tuning


def step_that_is_referred_to(calls: list[dict[str, Any]]) -> StepContext:
    """A step Tune, of whose best training job another one takes the name."""

    def call(action: str, request: dict[str, Any]) -> dict[str, Any]:
        calls.append({"action": action, **request})
        return {"TrainingJobSummaries": [{"TrainingJobName": "best"}]}

    context = SimpleNamespace(
        service=SimpleNamespace(call=call), step=SimpleNamespace(name="Tune"), definition=None
    )
    return cast("StepContext", context)


@pytest.mark.parametrize(
    ("described", "order"),
    [
        ({"HyperParameterTuningJobConfig": {}, "TrainingJobDefinitions": []}, "Descending"),
        (
            {
                "HyperParameterTuningJobConfig": {
                    "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"}
                },
                "TrainingJobDefinition": {},
            },
            "Ascending",
        ),
        (
            {
                "HyperParameterTuningJobConfig": {},
                "TrainingJobDefinitions": [
                    {"TuningObjective": {"Type": "Minimize", "MetricName": "loss"}}
                ],
            },
            "Ascending",
        ),
    ],
)
def test_the_best_training_job_comes_first_also_of_several_definitions(
    monkeypatch: pytest.MonkeyPatch, described: dict[str, Any], order: str
) -> None:
    properties = {"HyperParameterTuningJobName": "tuned", **described}
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(tuning, "run_job", lambda *_: StepResult(properties=properties))
    monkeypatch.setattr(tuning, "_summaries_wanted", lambda _: True)
    result = tuning.run(step_that_is_referred_to(calls))
    assert result.properties["TrainingJobSummaries"] == [{"TrainingJobName": "best"}]
    assert [one["SortOrder"] for one in calls] == [order]
