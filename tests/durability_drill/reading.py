"""What Describe and S3 tell, in a form that can be compared over a restart."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import Any

from botocore.exceptions import ClientError

from tests.durability_drill.ledger import Clients, Read

ABSENT = ("NoSuchKey", "404", "ValidationException", "ResourceNotFound", "NoSuchEntity")


def described(action: str, **request: Any) -> Read:
    """The answer of an action, whole; None where there is no such resource."""
    return lambda clients: answer(clients, "sagemaker", action, **request)


def answer(clients: Clients, service: str, action: str, **request: Any) -> Any:
    """Without what belongs to the one request; None where there is no such resource."""
    try:
        found = getattr(clients[service], action)(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return None
        raise
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}


def digest(bucket: str, key: str) -> Read:
    """The digest of an object; None where it is not there. Raises AssertionError where it is not
    as long as S3 says."""

    def read(clients: Clients) -> str | None:
        try:
            found = clients["s3"].get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return None
            raise
        body = found["Body"].read()
        assert len(body) == found["ContentLength"], f"{key} is not whole"
        return sha(body)

    return read


def archived(uri: str) -> Read:
    """The digest of the one file ``weights`` in the archive at an address of S3."""

    def read(clients: Clients) -> str:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = clients["s3"].get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
            member = archive.extractfile("weights")
            assert member is not None, f"{uri} has no weights"
            return sha(member.read())

    return read


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
