"""What a transform job's log says against single inputs.

SageMaker writes one stream more than the container's, whose name ends with `/data-log`, with a
line for each thing that it says about an object: `<time>:[sagemaker logs]: <bucket>/<key>: <text>`
("Troubleshooting" in the guide to batch transform).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code

LOG_GROUP = "/aws/sagemaker/TransformJobs"
_BEGINNING = "[sagemaker logs]: "
_LONGEST_REASON = 500


def read_data_log(logs: Any, job: str) -> Iterator[str]:
    """The lines of a job's data logs, as yet delivered; none where there is no log.

    Raises ClientError.
    """
    try:
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job}/"
        )
        streams = [each["logStreamName"] for page in pages for each in page["logStreams"]]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return
    for stream in streams:
        if stream.endswith("/data-log"):
            yield from _lines(logs, stream)


def _lines(logs: Any, stream: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, **token
        )
        yield from (event["message"] for event in page["events"])
        # At the end the same token comes again.
        following = page.get("nextForwardToken")
        if not following or token.get("nextToken") == following:
            return
        token = {"nextToken": following}


def reasons(lines: Iterable[str], labels: Iterable[str]) -> Mapping[str, str]:
    """What the lines say against each of `labels` (`<bucket>/<key>`), by label."""
    known, said = frozenset(labels), dict[str, list[str]]()
    for line in lines:
        about, text = _of(line, known)
        if about and text.strip():
            said.setdefault(about, []).append(text.strip())
    return {label: " ".join(texts)[:_LONGEST_REASON] for label, texts in said.items()}


def _of(line: str, labels: frozenset[str]) -> tuple[str, str]:
    """The label that a line is about, and what it says; empty where it is about none."""
    text = line.partition(_BEGINNING)[2]
    # A key may hold colons and spaces: the longest label that fits is meant.
    end = text.rfind(": ")
    while end != -1:
        if text[:end] in labels:
            return text[:end], text[end + 2 :]
        end = text.rfind(": ", 0, end)
    return "", ""
