"""What every step of a pipeline has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from infra.pipeline.retries import RetryPolicy
from infra.pipeline.variables import StepProperty, rendered


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. What it needs from other steps stands in its arguments, and orders them."""

    TYPE: ClassVar[str]

    name: str
    description: str = ""
    retry_policies: tuple[RetryPolicy, ...] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """The request of the API call that the step makes; may hold pipeline variables."""
        raise NotImplementedError

    def property(self, path: str) -> StepProperty:
        """A value in the answer that describes this step's job, for use in other steps."""
        return StepProperty(self.name, path)

    def to_request(self) -> dict[str, Any]:
        """The step as a pipeline definition holds it: plain JSON."""
        request = {"Name": self.name, "Type": self.TYPE, "Arguments": rendered(self.arguments)}
        if self.description:
            request["Description"] = self.description
        if self.retry_policies:
            request["RetryPolicies"] = [policy.to_request() for policy in self.retry_policies]
        return request
