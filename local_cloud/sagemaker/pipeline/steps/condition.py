"""Condition step: all of its conditions hold, or not."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline import conditions
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult


def run(context: StepContext) -> StepResult:
    outcome = all(
        conditions.holds(condition, context.evaluate)
        for condition in context.step.arguments["Conditions"]
    )
    return StepResult(metadata={"Condition": {"Outcome": str(outcome)}}, outcome=outcome)
