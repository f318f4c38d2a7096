"""Whether a deployment can succeed at all, found out before anything is made or billed.

Faults are told together, each with what to do about it. What cannot be looked at is said in a
note and refuses nothing: SageMaker itself has the last word on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.deployment.alarms_now import without_alarms
from lambdas.deployment.findings import Findings
from lambdas.deployment.preflight_capacity import Capacity
from lambdas.deployment.preflight_package import PackageCheck


class PreflightFailed(Exception):
    """A deployment that could not succeed; the message names every fault."""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """Checks one plan. `cloudwatch` is a boto3 client.

    Attributes:
        alarms: names of those that are to roll an update back.
    """

    package: PackageCheck
    capacity: Capacity
    cloudwatch: Any
    alarms: Sequence[str]

    def run(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Check a plan that updates or makes an endpoint.

        Returns:
            `{"plan": {"endpoint", "summary"}}`: members of the plan as they are from now on,
            without alarms that went off before anything was done.

        Raises:
            PreflightFailed: nothing may be made.
            ClientError: AWS did not answer, which is no finding about the deployment.
        """
        findings = Findings()
        # What served before needs no approval to serve again.
        if plan["make_model"]:
            findings += self.package.check(plan["model_package"])
        findings += self.capacity.check(plan)
        endpoint, found = without_alarms(plan["endpoint"], self.cloudwatch, self.alarms)
        findings += found
        if findings.faults:
            raise PreflightFailed(
                "nothing was made, since the deployment could not succeed: "
                + "; ".join(findings.faults)
            )
        summary = "\n".join([plan["summary"], *findings.notes])
        return {"plan": {"endpoint": endpoint, "summary": summary}}
