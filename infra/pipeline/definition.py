"""Assembles a pipeline definition from parameters and steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.pipeline.steps import Step
from infra.pipeline.variables import ParameterString

VERSION = "2020-12-01"
"""The only version of the pipeline definition schema that there is."""


def assemble(*, parameters: Sequence[ParameterString], steps: Sequence[Step]) -> dict[str, Any]:
    """The pipeline definition as JSON; CDK tokens in it are left for the stack to resolve.

    It has no PipelineExperimentConfig: the SDK's default would have every run create an
    experiment, for which the pipeline's role would need rights that nothing else does.
    """
    return {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": [parameter.to_request() for parameter in parameters],
        "Steps": [step.to_request() for step in steps],
    }
