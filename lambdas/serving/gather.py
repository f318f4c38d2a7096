"""Uploads start executions: few of them, however many files come."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.events import QueuedUploads
from lambdas.serving.settings import GatherSettings
from lambdas.shared.aws_errors import error_code


@dataclass(frozen=True, kw_only=True)
class Gatherer:
    """Takes batches of SQS messages. `states` is a boto3 client."""

    settings: GatherSettings
    states: Any

    def gather(self, batch: Mapping[str, Any], *, now: int) -> list[str]:
        """Ids of the messages that hold no upload event. `now` in ms since the epoch.

        Raises:
            EventError: the batch is not one of SQS.
            ClientError: Step Functions refuses; all messages come again.
        """
        queued = QueuedUploads.parse(batch)
        for message_id, fault in queued.faults.items():
            logging.error("message %s holds no upload event: %s", message_id, fault)
        if queued.uploads:
            self._start(now)
        return list(queued.faults)

    def _start(self, now: int) -> None:
        # An execution waits for quiet_seconds before it looks at the prefix: whatever came in the
        # quiet_seconds that it is named by is there by then, and needs no other execution.
        window = now // (self.settings.quiet_seconds * 1000)
        try:
            self.states.start_execution(
                stateMachineArn=self.settings.state_machine_arn,
                name=f"upload-{window}",
                input=json.dumps({"trigger": "upload"}),
            )
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise
