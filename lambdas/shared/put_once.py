"""Write an object of S3 that only the first of several writers makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code

_CONFLICT_ATTEMPTS = 4


def put_once(
    s3: Any,
    *,
    bucket: str,
    key: str,
    content: bytes,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Write a JSON object, if there is none of its key.

    Returns:
        False if one was there already.

    Raises:
        ClientError: S3 refuses.
    """
    for attempt in range(1, _CONFLICT_ATTEMPTS + 1):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=content,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            code = error_code(error)
            if code == "PreconditionFailed":
                return False
            # Another write of the same name is under way; it may fail, so ask again.
            if code != "ConditionalRequestConflict" or attempt == _CONFLICT_ATTEMPTS:
                raise
            sleep(0.2 * 2**attempt)
        else:
            return True
    raise AssertionError("unreachable: the last attempt returns or raises")
