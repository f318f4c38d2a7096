"""A deployment that waits for a person, where the environment says `deployment.approval`.

Beside the page that the person looks at, in the artifact bucket, lies a record: with what the
waiting state machine is answered, and after the decision who decided and why.

    <workload>/deployments/<execution>/approval.html
    <workload>/deployments/<execution>/approval.json

    {"execution": "arn:…", "model_package": "arn:…", "version": 4, "token": "…",
     "asked_at": "2026-11-21T11:37:53+00:00", "ends_at": "2026-11-22T11:37:53+00:00",
     "report_page": "s3://…/evaluation/evaluation.html",
     "decision": "approved", "decided_by": "arn:…", "decided_at": "…", "reason": "…"}

The last four are empty before the decision. The state machine is answered with the member
`decision` of the output, or with the error REJECTED.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from contracts import names

APPROVED = "approved"
REJECTED = "rejected"
DECISIONS = (APPROVED, REJECTED)

REJECTED_ERROR = "DeploymentRejected"
"""The error with which a person's no ends the waiting state."""


class ApprovalRecordError(ValueError):
    """A record that is not of the form above."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRecord:
    """Attributes:
    execution: ARN of the deployment that waits.
    model_package: ARN of what it would bring live.
    version: of that package in its group.
    token: of Step Functions, with which the deployment is answered.
    asked_at, ends_at: ISO 8601, in UTC; at the latter it ends without a decision.
    report_page: S3 URI of the evaluation's page, or the empty string.
    decision: one of DECISIONS, or the empty string.
    decided_by: ARN of who decided.
    """

    execution: str
    model_package: str
    version: int
    token: str
    asked_at: str
    ends_at: str
    report_page: str = ""
    decision: str = ""
    decided_by: str = ""
    decided_at: str = ""
    reason: str = ""

    def decided(self, decision: str, *, by: str, at: str, reason: str) -> ApprovalRecord:
        """The record after a decision."""
        return replace(self, decision=decision, decided_by=by, decided_at=at, reason=reason)

    def to_json(self) -> str:
        """As its file holds it."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def parse(cls, content: bytes | str) -> ApprovalRecord:
        """Read a record. Raises ApprovalRecordError."""
        try:
            document: Any = json.loads(content)
        except ValueError as error:
            raise ApprovalRecordError(f"it is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise ApprovalRecordError(f"it is a JSON {type(document).__name__}, not an object")
        known = {member.name for member in fields(cls)}
        try:
            return cls(**{name: value for name, value in document.items() if name in known})
        except TypeError as error:
            raise ApprovalRecordError(f"a member is missing: {error}") from error


def page_key(workload: str, execution_name: str) -> str:
    """Key of the page, in the artifact bucket."""
    return f"{names.deployment_prefix(workload, execution_name)}approval.html"


def record_key(workload: str, execution_name: str) -> str:
    """Key of the record, in the artifact bucket."""
    return f"{names.deployment_prefix(workload, execution_name)}approval.json"


def decision_text(decision: str, *, by: str, reason: str) -> str:
    """Who decided what and why, for people: `Rejected by arn:…: too slow`."""
    return f"{decision.capitalize()} by {by}" + (f": {reason}" if reason else "")
