"""Ask a person about a deployment: write the page and the record, and tell where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import names
from contracts.deployment_approval import ApprovalRecord, page_key, record_key
from lambdas.deployment.approval_facts import ApprovalFacts, gather
from lambdas.deployment.approval_page import Ask, render
from lambdas.deployment.settings import ApprovalSettings

_SUBJECT_CHARACTERS = 99


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest:
    """Asks about one deployment. `sagemaker`, `ssm`, `s3` and `sns` are boto3 clients."""

    settings: ApprovalSettings
    workload: str
    sagemaker: Any
    ssm: Any
    s3: Any
    sns: Any
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def ask(self, plan: Mapping[str, Any], *, execution: str, token: str) -> ApprovalRecord:
        """Write, then tell: whoever reads the notice finds what it names.

        Args:
            plan: of the deployment; see `lambdas.deployment.plan`.
            execution: ARN of the deployment that waits.
            token: of Step Functions, with which it is answered.

        Raises:
            ClientError: AWS refuses; asking again does no harm.
        """
        settings, now = self.settings, self.clock()
        name = execution.rpartition(":")[2]
        facts = gather(
            plan,
            sagemaker=self.sagemaker,
            ssm=self.ssm,
            s3=self.s3,
            champion_parameter=names.champion_parameter(settings.environment, self.workload),
        )
        ends = now + timedelta(hours=settings.timeout_hours)
        record = ApprovalRecord(
            execution=execution,
            model_package=str(plan["model_package"]),
            version=facts.version,
            token=token,
            asked_at=now.isoformat(timespec="seconds"),
            ends_at=ends.isoformat(timespec="seconds"),
            report_page=facts.report_page,
        )
        place = f"ENV={settings.environment} WORKLOAD={self.workload} VERSION={facts.version}"
        page = Ask(
            environment=settings.environment,
            workload=self.workload,
            asked_at=f"{now:%Y-%m-%d %H:%M} UTC",
            ends_at=f"{ends:%Y-%m-%d %H:%M} UTC",
            approve=f'make approve {place} REASON="…"',
            reject=f'make reject {place} REASON="…"',
            execution=execution,
            page_key=page_key(self.workload, name),
        )
        self._put(page.page_key, render(facts, page), "text/html; charset=utf-8")
        self._put(record_key(self.workload, name), record.to_json(), "application/json")
        self._tell(facts, page)
        return record

    def _put(self, key: str, text: str, content_type: str) -> None:
        self.s3.put_object(
            Bucket=self.settings.artifact_bucket,
            Key=key,
            Body=text.encode(),
            ContentType=content_type,
        )

    def _tell(self, facts: ApprovalFacts, page: Ask) -> None:
        settings = self.settings
        of = f"ENV={settings.environment} WORKLOAD={self.workload}"
        uri = f"s3://{settings.artifact_bucket}/{page.page_key}"
        figures = [
            f"    {each.name}: {each.value:.4g}"
            + ("" if each.champion is None else f" (champion {each.champion:.4g})")
            for each in facts.figures
        ]
        lines = [
            str(facts.plan["summary"]),
            f"It waits for a decision until {page.ends_at}, and ends without one. Nothing is made "
            "before that.",
            facts.strategy,
            *(["On held-out examples:", *figures] if figures else [facts.fault]),
            "Look at the page:",
            f"    make approval-page {of}",
            f"    aws s3 presign {uri} --expires-in 3600",
            "Let it go on:",
            f"    {page.approve}",
            "End it:",
            f"    {page.reject}",
            f"Execution: {page.execution}",
        ]
        subject = f"Decide: version {facts.version} of {self.workload}"
        self.sns.publish(
            TopicArn=settings.alert_topic_arn,
            Subject=subject[:_SUBJECT_CHARACTERS],
            Message="\n".join(lines).replace("…", "...") + "\n",
        )
