"""From an event of SageMaker's to a notice on the alert topic."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import names
from contracts.events import (
    MODEL_PACKAGE_STATE_CHANGE,
    ModelPackageStateChange,
    PipelineExecutionStatusChange,
)
from lambdas.training.failed_run import read_failed_run
from lambdas.training.notices import Notice, approval_notice, failed_run_notice
from lambdas.training.settings import NotifySettings
from lambdas.training.waiting_package import read_waiting


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """Tells people. `sagemaker`, `s3` and `sns` are boto3 clients."""

    settings: NotifySettings
    sagemaker: Any
    s3: Any
    sns: Any

    def tell(self, event: Mapping[str, Any]) -> Notice | None:
        """Publish what the event means, or nothing where nobody has to act any more.

        Raises:
            EventError: the event is neither of the two kinds.
            ClientError: an AWS service refuses.
        """
        if event.get("detail-type") == MODEL_PACKAGE_STATE_CHANGE:
            notice = self._approval(ModelPackageStateChange.parse(event))
        else:
            notice = self._run(PipelineExecutionStatusChange.parse(event))
        if notice is not None:
            self.sns.publish(
                TopicArn=self.settings.alert_topic_arn,
                Subject=notice.subject,
                Message=notice.message,
            )
        return notice

    def _approval(self, change: ModelPackageStateChange) -> Notice | None:
        if not change.is_decision:
            logging.info("of %s only %s changed", change.model_package_arn, change.changed)
            return None
        package = read_waiting(self.sagemaker, self.s3, arn=change.model_package_arn)
        if package is None:
            logging.info("%s does not wait for approval any more", change.model_package_arn)
            return None
        return approval_notice(package)

    def _run(self, change: PipelineExecutionStatusChange) -> Notice:
        run = read_failed_run(
            self.sagemaker,
            pipeline_arn=change.pipeline_arn,
            execution_arn=change.execution_arn,
            status=change.status,
        )
        return failed_run_notice(
            run,
            workload=names.workload_of_pipeline(self.settings.environment, run.pipeline),
            data_bucket=self.settings.data_bucket,
        )
