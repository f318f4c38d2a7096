"""What the tested model answered to the samples, as its evaluation report has it.

A good model is wrong at times. What is served is right when it answers as the model that was
tested: where the report has an answer to a sample, that one is expected, else the sample's label.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True, kw_only=True)
class AnswersWhenTested:
    """Attributes:
    answers: class that the tested model answered, by the sample's file.
    fault: why there are none, for people; empty if nothing is wrong.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @classmethod
    def read(cls, s3: Any, uri: str) -> AnswersWhenTested:
        """From a report at `s3://bucket/key`, whose member `samples` lists them. `s3` is a boto3
        client. A report that cannot be read is a fault, and a reason to expect the labels."""
        if not uri:
            return cls()
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            report = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except (ClientError, ValueError) as error:
            return cls(fault=f"the evaluation report {uri} cannot be read: {error}")
        listed = report.get("samples", []) if isinstance(report, dict) else None
        try:
            return cls(answers={str(item["file"]): str(item["predicted"]) for item in listed or []})
        except (KeyError, TypeError) as error:
            return cls(fault=f"{uri}: samples is no list of files and answers: {error!r}")
