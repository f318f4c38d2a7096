"""What the states of all kinds of jobs have in common."""

from __future__ import annotations

import time

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.store import Document

INTERRUPTED = "InternalServerError: The local cloud stopped while this job ran."
"""Why a job that ran when its local cloud ended has failed."""


def check_can_stop(document: Document, *, status: str, noun: str) -> None:
    """Raises ValidationException, in AWS's words, for a job that has ended already.

    ``status`` is the document's key; ``noun`` is what AWS calls such a job.
    """
    if document[status] not in ("InProgress", "Stopping"):
        raise ValidationException(
            f"The request was rejected because the {noun} is in status {document[status]}."
        )


def ask_to_stop(document: Document, *, status: str, noun: str) -> None:
    """Set the job's status to Stopping. Raises as :func:`check_can_stop` does."""
    check_can_stop(document, status=status, noun=noun)
    document[status] = "Stopping"
    document["LastModifiedTime"] = time.time()


def event_detail(document: Document) -> Document:
    """A description as the detail of an event: AWS gives its times in milliseconds there."""
    return {
        key: int(value * 1000) if key.endswith("Time") and isinstance(value, float) else value
        for key, value in document.items()
    }
