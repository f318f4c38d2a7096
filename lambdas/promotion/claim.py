"""The claim of a promotion: an object that makes the same package twice one registration.

`<workload>/promoted-<source>-v<version>-<digest>/promotion.json`, in the bucket of the environment
that the package comes to. It is put before anything is copied, if none is there; whoever comes
second finds it, and registers with the same time, so that SageMaker takes both requests for one.

    {"promoted_from": "arn:…", "promoted_at": "2026-11-21T11:37:53+00:00", "package": "arn:…"}

`package` is empty before the registration.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.put_once import put_once

_MISSING = ("NoSuchKey", "404")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Attributes:
    promoted_from: ARN of the package that is promoted.
    promoted_at: ISO 8601, in UTC: when that was first asked for.
    package: ARN of what was registered; empty before.
    """

    promoted_from: str
    promoted_at: str
    package: str = ""


@dataclass(frozen=True, kw_only=True)
class ClaimStore:
    """Where one claim lies. `s3` is a boto3 client."""

    s3: Any
    bucket: str
    key: str

    def read(self) -> Claim | None:
        """None where nobody has promoted the package yet. Raises ClientError."""
        try:
            content = self.s3.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()
        except ClientError as error:
            if error_code(error) in _MISSING:
                return None
            raise
        return Claim(**json.loads(content))

    def make(self, claim: Claim) -> Claim:
        """Put `claim`, or answer the one that somebody put before. Raises ClientError."""
        content = _content(claim)
        if put_once(self.s3, bucket=self.bucket, key=self.key, content=content):
            return claim
        there = self.read()
        # Somebody took it away again in between.
        return self.make(claim) if there is None else there

    def replace(self, claim: Claim) -> None:
        """Put `claim` in the place of what is there. Raises ClientError."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=self.key,
            Body=_content(claim),
            ContentType="application/json",
        )


def _content(claim: Claim) -> bytes:
    return json.dumps(asdict(claim)).encode()
