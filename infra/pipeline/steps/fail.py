"""A step that ends a run as failed and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infra.pipeline.steps.step import Step
from infra.pipeline.variables import Text


@dataclass(frozen=True, kw_only=True)
class FailStep(Step):
    """Fails the run with `error_message`, at most 3072 characters once filled in."""

    TYPE: ClassVar[str] = "Fail"

    error_message: Text

    @property
    def arguments(self) -> dict[str, Any]:
        """The message."""
        return {"ErrorMessage": self.error_message}
