"""A batch of upload events: note each workload's, and see to it that someone waits for the end."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts import names
from contracts.events import QueuedUploads
from lambdas.intake.record import MARGIN_MS, Record, RecordTable
from lambdas.intake.settings import GatherSettings
from lambdas.shared.aws_errors import error_code

_CLAIM_ROUNDS = 5
_KEYS_SHOWN = 20


class ContentionError(Exception):
    """Other functions changed the record each time that this one was about to."""


@dataclass(frozen=True, kw_only=True)
class Gatherer:
    """Takes batches in. `states` and `sns` are boto3 clients."""

    settings: GatherSettings
    table: RecordTable
    states: Any
    sns: Any

    def gather(self, batch: Mapping[str, Any], *, now: int) -> list[str]:
        """Ids of the messages that must come again. `now` in ms since the epoch.

        Raises:
            EventError: the batch is not one of SQS.
        """
        queued = QueuedUploads.parse(batch)
        failed = list(queued.faults)
        for message_id, fault in queued.faults.items():
            logging.error("message %s holds no upload event: %s", message_id, fault)
        known: dict[str, list[str]] = defaultdict(list)
        unknown: dict[str, str] = {}
        for message_id, upload in queued.uploads.items():
            workload = names.workload_of_key(upload.key)
            if workload in self.settings.workloads:
                known[str(workload)].append(message_id)
            else:
                unknown[message_id] = f"s3://{upload.bucket}/{upload.key}"
        for workload, messages in known.items():
            try:
                self._take_in(workload, events=len(messages), now=now)
            except (ClientError, BotoCoreError, ContentionError):
                logging.exception("%d events of %s come again", len(messages), workload)
                failed += messages
        if unknown:
            try:
                self._tell_unknown(list(unknown.values()))
            except (ClientError, BotoCoreError):
                logging.exception("%d events of no workload come again", len(unknown))
                failed += unknown
        return failed

    def _take_in(self, workload: str, *, events: int, now: int) -> None:
        for _ in range(_CLAIM_ROUNDS):
            record = self.table.note(workload, events=events, now=now)
            if record.is_held(now):
                return
            claimed = self.table.claim(record, now=now)
            if claimed is not None:
                self._start(claimed, now=now)
                return
            current = self.table.get(workload)
            if current is not None and current.is_held(now):
                return
        raise ContentionError(f"the record of {workload} changed {_CLAIM_ROUNDS} times; try again")

    def _start(self, record: Record, *, now: int) -> None:
        try:
            self.states.start_execution(
                stateMachineArn=self.settings.state_machine_arn,
                name=record.execution_name,
                input=json.dumps({"workload": record.workload}),
            )
        except ClientError as error:
            # An earlier try, whose answer was lost, did start it: the name stands for this
            # very upload and attempt, and so for this very input.
            if error_code(error) != "ExecutionAlreadyExists":
                self.table.unclaim(record)
                raise
        except BotoCoreError:
            self.table.unclaim(record)
            raise
        self.table.renew(record, until=now + self.settings.quiet_seconds * 1000 + MARGIN_MS)
        logging.info("execution %s waits for the end of the upload", record.execution_name)

    def _tell_unknown(self, uris: Sequence[str]) -> None:
        shown = [f"  {uri}" for uri in sorted(uris)[:_KEYS_SHOWN]]
        if len(uris) > len(shown):
            shown.append(f"  and {len(uris) - len(shown)} more")
        allowed = [f"  {names.upload_prefix(workload)}" for workload in self.settings.workloads]
        message = "\n".join(
            [
                f"{len(uris)} uploaded objects belong to no workload and start nothing:",
                *shown,
                "Upload, as <prefix><class>/<file>, under one of:",
                *allowed,
                "The objects stay where they are; move or delete them.",
            ]
        )
        logging.warning("%s", message)
        self.sns.publish(
            TopicArn=self.settings.alert_topic_arn,
            Subject="Upload for no workload",
            Message=message,
        )
