"""A step that calls a Lambda function and takes its answer apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import StepProperty, Text


@dataclass(frozen=True, kw_only=True)
class LambdaStep(Step):
    """Calls a function with `inputs`; the function answers with one text for each output."""

    TYPE: ClassVar[str] = "Lambda"

    function_arn: Text
    inputs: Mapping[str, Text | int]
    outputs: tuple[str, ...]

    @property
    def arguments(self) -> dict[str, Any]:
        """The function's event."""
        return dict(self.inputs)

    def output(self, name: str) -> StepProperty:
        """What the function answered under `name`."""
        if name not in self.outputs:
            raise KeyError(f"step {self.name} has no output {name}, but {list(self.outputs)}")
        return self.property(f"OutputParameters['{name}']")

    def to_request(self) -> dict[str, Any]:
        return {
            **super().to_request(),
            "FunctionArn": self.function_arn,
            "OutputParameters": [
                {"OutputName": name, "OutputType": "String"} for name in self.outputs
            ],
        }
