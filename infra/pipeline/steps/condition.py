"""A step that chooses between other steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import PipelineVariable


@dataclass(frozen=True)
class Condition:
    """A comparison of two numbers or texts."""

    type: Literal["Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"]
    left: PipelineVariable | str | float
    right: PipelineVariable | str | float


@dataclass(frozen=True, kw_only=True)
class ConditionStep(Step):
    """Runs `if_steps` where all conditions hold, else `else_steps`."""

    TYPE: ClassVar[str] = "Condition"

    conditions: tuple[Condition, ...]
    if_steps: tuple[Step, ...]
    else_steps: tuple[Step, ...]

    @property
    def arguments(self) -> dict[str, Any]:
        """The conditions and both branches."""
        return {
            "Conditions": [
                {
                    "Type": condition.type,
                    "LeftValue": condition.left,
                    "RightValue": condition.right,
                }
                for condition in self.conditions
            ],
            "IfSteps": [step.to_request() for step in self.if_steps],
            "ElseSteps": [step.to_request() for step in self.else_steps],
        }
